import type { StorageClass } from '../types.ts'
import { validateStorageClass } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
const OLD_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class'

function isDefault({ metadata: { annotations } }: StorageClass): boolean {
  return annotations?.[DEFAULT_CLASS] === 'true' || annotations?.[OLD_DEFAULT_CLASS] === 'true'
}

export const StorageClassKind: Kind<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  namespaced: false,
  shortNames: ['sc'],
  subresources: [],
  schema: 'io.k8s.api.storage.v1.StorageClass',
  defaults: draft => {
    draft.reclaimPolicy ??= 'Delete'
    draft.volumeBindingMode ??= 'Immediate'
  },
  validate: validateStorageClass,
  notHonoured: () => storedOnly('storageclasses.storage.k8s.io'),
  columns: [
    {
      ...nameColumn,
      cell: storage => `${storage.metadata.name}${isDefault(storage as StorageClass) ? ' (default)' : ''}`,
    },
    {
      name: 'Provisioner',
      type: 'string',
      description: 'What makes the volumes.',
      cell: ({ provisioner }) => provisioner,
    },
    {
      name: 'ReclaimPolicy',
      type: 'string',
      description: 'What becomes of a volume when its claim goes.',
      cell: ({ reclaimPolicy }) => reclaimPolicy ?? '',
    },
    {
      name: 'VolumeBindingMode',
      type: 'string',
      description: 'When a volume is made.',
      cell: ({ volumeBindingMode }) => volumeBindingMode ?? '',
    },
    {
      name: 'AllowVolumeExpansion',
      type: 'string',
      description: 'Whether volumes may grow.',
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
}
