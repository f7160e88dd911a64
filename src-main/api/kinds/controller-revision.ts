import type { ControllerRevision } from '../types.ts'
import { checkImmutable, checkNotNegative } from '../validation/field-checks.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(reference => reference.controller)
  if (!owner) return '<none>'
  const slash = owner.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

export const ControllerRevisionKind: Kind<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  validate: ({ data, revision }, errors, old) => {
    if (data === undefined) errors.required('data', 'data is mandatory')
    checkNotNegative(errors, 'revision', revision)
    if (old) checkImmutable(errors, 'data', data, old.data)
  },
  columns: [
    nameColumn,
    { name: 'Controller', type: 'string', description: 'What the revision is of.', cell: controllerText },
    {
      name: 'Revision',
      type: 'string',
      description: 'The number of the revision.',
      cell: ({ revision }) => revision,
    },
    ageColumn,
  ],
}
