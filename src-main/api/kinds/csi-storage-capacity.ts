import type { CSIStorageCapacity } from '../types.ts'
import { validateCsiStorageCapacity } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { nameColumn } from './printing/columns.ts'

export const CSIStorageCapacityKind: Kind<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  validate: validateCsiStorageCapacity,
  notHonoured: () => storedOnly('csistoragecapacities.storage.k8s.io'),
  columns: [
    nameColumn,
    {
      name: 'StorageClassName',
      type: 'string',
      description: 'The StorageClass whose volumes there is room for.',
      cell: ({ storageClassName }) => storageClassName,
    },
    {
      name: 'Capacity',
      type: 'string',
      description: 'How much room there is.',
      cell: ({ capacity }) => String(capacity ?? '<unset>'),
    },
  ],
}
