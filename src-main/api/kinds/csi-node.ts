import type { CSINode } from '../types.ts'
import { validateCsiNode } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const CSINodeKind: Kind<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.storage.v1.CSINode',
  validate: validateCsiNode,
  notHonoured: () => storedOnly('csinodes.storage.k8s.io'),
  columns: [
    nameColumn,
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Number of drivers on the node.',
      cell: ({ spec }) => spec.drivers?.length ?? 0,
    },
    ageColumn,
  ],
}
