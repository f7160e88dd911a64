import type { VolumeAttributesClass } from '../types.ts'
import { validateVolumeAttributesClass } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const VolumeAttributesClassKind: Kind<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  namespaced: false,
  shortNames: ['vac'],
  subresources: [],
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  validate: validateVolumeAttributesClass,
  notHonoured: () => storedOnly('volumeattributesclasses.storage.k8s.io'),
  columns: [
    nameColumn,
    {
      name: 'DriverName',
      type: 'string',
      description: 'The CSI driver that it is for.',
      cell: ({ driverName }) => driverName,
    },
    ageColumn,
  ],
}
