import { StatusError } from '../../lib/errors.ts'

/** The forms in which an object or a list can be given. */
export type Form = 'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export interface Representation {
  form: Form
  /** Version of meta.k8s.io for the forms that are not the object itself. */
  version: string
  contentType: string
}

const PLAIN: Representation = { form: 'Object', version: 'v1', contentType: 'application/json' }
const FORMS: Form[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']

/**
 * The first form of the Accept header that this server can give.
 * @throws StatusError NotAcceptable
 */
export function negotiate(accept: string | undefined): Representation {
  if (!accept?.trim()) return PLAIN
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim())
    if (!['application/json', 'application/*', '*/*', 'text/html'].includes(type.toLowerCase())) continue
    const given = Object.fromEntries(parameters.map(parameter => parameter.split('=') as [string, string?]))
    if (given.as === undefined) return PLAIN
    const form = FORMS.find(known => known === given.as)
    const { v: version = '' } = given
    if (form && given.g === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1')) {
      return { form, version, contentType: `application/json;as=${form};g=meta.k8s.io;v=${version}` }
    }
  }
  throw new StatusError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1, application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  )
}
