import type { PersistentVolumeClaim } from '../types.ts'
import { validateClaim } from '../validation/persistent-volumes.ts'
import { defaultClaimSpec } from './defaults/claim.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { accessModesText } from './printing/access-modes.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class'

export const PersistentVolumeClaimKind: Kind<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  namespaced: true,
  shortNames: ['pvc'],
  subresources: ['status'],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  defaults: draft => {
    draft.spec ??= {}
    defaultClaimSpec(draft.spec)
    draft.status ??= { phase: 'Pending' }
  },
  prepareForCreate: draft => {
    draft.status = { phase: 'Pending' }
  },
  validate: validateClaim,
  notHonoured: () => storedOnly('persistentvolumeclaims'),
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      description: 'Whether it is bound.',
      cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    {
      name: 'Volume',
      type: 'string',
      description: 'The volume that it has.',
      cell: ({ spec }) => spec.volumeName ?? '',
    },
    {
      name: 'Capacity',
      type: 'string',
      description: 'How much the volume holds.',
      cell: ({ spec, status }) => (spec.volumeName ? String(status?.capacity?.storage ?? '') : ''),
    },
    {
      name: 'Access Modes',
      type: 'string',
      description: 'How the volume may be mounted.',
      cell: ({ spec, status }) => (spec.volumeName ? accessModesText(status?.accessModes) : ''),
    },
    {
      name: 'StorageClass',
      type: 'string',
      description: 'The storage class that it asks for.',
      cell: ({ metadata, spec }) => metadata.annotations?.[OLD_CLASS] ?? spec.storageClassName ?? '',
    },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      description: 'The class of attributes that it asks for.',
      cell: ({ spec }) => spec.volumeAttributesClassName || '<unset>',
    },
    ageColumn,
    {
      name: 'VolumeMode',
      type: 'string',
      description: 'A file system or a block device.',
      priority: 1,
      cell: ({ spec }) => spec.volumeMode ?? '<unset>',
    },
  ],
}
