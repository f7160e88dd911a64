import { apiVersionOf, type Kind, type Subresource } from '../kinds/kind.ts'
import { hasNoMergeKeys } from '../patch/patch.ts'

/** One operation, told without the words of either OpenAPI version. */
export interface Operation {
  id: string
  /** Kubernetes' verb: `list`, `post`, `patch` … */
  action: string
  gvk: { group: string; version: string; kind: string }
  description: string
  parameters: Parameter[]
  /** The definition that the body has, if it takes one. */
  body?: string
  /** Media types of the body. */
  consumes: string[]
  /** The definition that is answered; undefined: text. */
  answer: string | undefined
  code: 200 | 201
}

export interface Parameter {
  name: string
  in: 'path' | 'query'
  type: 'string' | 'boolean' | 'integer'
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch'
export type PathItem = Partial<Record<Method, Operation>>

const query = (name: string, type: Parameter['type'] = 'string'): Parameter => ({ name, in: 'query', type })

const LIST = [
  query('allowWatchBookmarks', 'boolean'), query('continue'), query('fieldSelector'), query('labelSelector'),
  query('limit', 'integer'), query('resourceVersion'), query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'), query('timeoutSeconds', 'integer'), query('watch', 'boolean'),
] // prettier-ignore
/** kubectl looks for the first and the last of these before it sends them. */
const WRITE = [query('dryRun'), query('fieldManager'), query('fieldValidation')]
const DELETE = [query('dryRun'), query('gracePeriodSeconds', 'integer'), query('propagationPolicy')]
const LOG = [
  query('container'), query('follow', 'boolean'), query('previous', 'boolean'), query('sinceSeconds', 'integer'),
  query('tailLines', 'integer'), query('timestamps', 'boolean'),
] // prettier-ignore

const JSON_BODY = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const PATCH_BODY = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'
export const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
export const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'

/** `apis/apps/v1`, `api/v1`: the path of a group's version, and the name of its document in version 3. */
export function groupVersionPath(kind: Kind): string {
  return kind.group ? `apis/${apiVersionOf(kind)}` : `api/${kind.version}`
}

/**
 * Every address of a kind's objects with what can be done there.
 * @param definition the name of the kind's definition; its list is `${definition}List`
 */
export function pathsOf(kind: Kind, definition: string): Record<string, PathItem> {
  const root = `/${groupVersionPath(kind)}`
  const collection = `${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind }
  const scope: Parameter[] = kind.namespaced ? [{ name: 'namespace', in: 'path', type: 'string' }] : []
  const here: Parameter[] = [...scope, { name: 'name', in: 'path', type: 'string' }]
  const operation = (action: string, rest: Partial<Operation>): Operation => ({
    id: `${action}${idOf(kind)}`,
    action,
    gvk,
    description: `${action} ${kind.kind}`,
    parameters: [],
    consumes: JSON_BODY,
    answer: definition,
    code: 200,
    ...rest,
  })
  const list = (parameters: Parameter[]) =>
    operation('list', { parameters: [...parameters, ...LIST], answer: `${definition}List` })
  const writes = (suffix = '', answer = definition): PathItem => ({
    get: operation(`get${suffix}`, { action: 'get', parameters: here, answer }),
    put: operation(`put${suffix}`, { action: 'put', parameters: [...here, ...WRITE], body: answer, answer }),
    patch: operation(`patch${suffix}`, {
      action: 'patch',
      parameters: [...here, ...WRITE, query('force', 'boolean')],
      body: PATCH,
      consumes: PATCH_BODY.filter(type => !hasNoMergeKeys(kind) || !type.includes('strategic')),
      answer,
    }),
  })
  const paths: Record<string, PathItem> = {
    [collection]: {
      get: list(scope),
      post: operation('post', { parameters: [...scope, ...WRITE], body: definition, code: 201 }),
      ...(kind.deletedOneByOne
        ? {}
        : {
            delete: operation('deletecollection', {
              parameters: [...scope, ...LIST, ...DELETE],
              body: DELETE_OPTIONS,
              answer: STATUS,
            }),
          }),
    },
    [`${collection}/{name}`]: {
      ...writes(),
      delete: operation('delete', { parameters: [...here, ...DELETE], body: DELETE_OPTIONS, answer: STATUS }),
    },
  }
  if (kind.namespaced) paths[`${root}/${kind.plural}`] = { get: list([]) }
  for (const subresource of kind.subresources) {
    const item = subresourcePath(subresource, { writes, operation, here })
    if (item) paths[`${collection}/{name}/${subresource}`] = item
  }
  return paths
}

function subresourcePath(
  subresource: Subresource,
  {
    writes,
    operation,
    here,
  }: {
    writes: (suffix: string, answer?: string) => PathItem
    operation: (action: string, rest: Partial<Operation>) => Operation
    here: Parameter[]
  },
): PathItem | undefined {
  switch (subresource) {
    case 'status':
      return writes('Status')
    case 'scale':
      return writes('Scale', 'io.k8s.api.autoscaling.v1.Scale')
    case 'log':
      return { get: operation('getLog', { action: 'get', parameters: [...here, ...LOG], answer: undefined }) }
    case 'eviction':
    case 'binding': {
      const body = subresource === 'eviction' ? 'io.k8s.api.policy.v1.Eviction' : 'io.k8s.api.core.v1.Binding'
      const parameters = [...here, ...WRITE]
      return {
        post: operation(`post_${subresource}`, {
          action: 'post',
          parameters,
          body,
          answer: STATUS,
          code: 201,
        }),
      }
    }
    default:
      return undefined
  }
}

/** `AppsV1NamespacedDeployment`: what makes an operation's id unique. */
function idOf({ group, version, kind, namespaced }: Kind): string {
  const parts = [...(group || 'core').split('.').slice(0, 1), version, namespaced ? 'namespaced' : '', kind]
  return parts.map(part => part.charAt(0).toUpperCase() + part.slice(1)).join('')
}
