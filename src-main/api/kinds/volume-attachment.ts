import type { VolumeAttachment } from '../types.ts'
import { validateVolumeAttachment } from '../validation/storage.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const VolumeAttachmentKind: Kind<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  subresources: ['status'],
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  validate: validateVolumeAttachment,
  notHonoured: () => storedOnly('volumeattachments.storage.k8s.io'),
  columns: [
    nameColumn,
    {
      name: 'Attacher',
      type: 'string',
      description: 'The driver that attaches the volume.',
      cell: ({ spec }) => spec.attacher ?? '',
    },
    {
      name: 'PV',
      type: 'string',
      description: 'The persistent volume.',
      cell: ({ spec }) => spec.source?.persistentVolumeName ?? '',
    },
    {
      name: 'Node',
      type: 'string',
      description: 'Where it is attached.',
      cell: ({ spec }) => spec.nodeName ?? '',
    },
    {
      name: 'Attached',
      type: 'boolean',
      description: 'Whether it is attached.',
      cell: ({ status }) => status?.attached ?? false,
    },
    ageColumn,
  ],
}
