import type { PersistentVolume } from '../types.ts'
import { validateVolume } from '../validation/persistent-volumes.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { accessModesText } from './printing/access-modes.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class'

function claimText({ spec: { claimRef } }: PersistentVolume): string {
  return claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''
}

export const PersistentVolumeKind: Kind<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  namespaced: false,
  shortNames: ['pv'],
  subresources: ['status'],
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  defaults: draft => {
    draft.spec ??= {}
    draft.spec.persistentVolumeReclaimPolicy ||= 'Retain'
    draft.spec.volumeMode ??= 'Filesystem'
    if (draft.spec.hostPath) draft.spec.hostPath.type ??= ''
    draft.status ??= { phase: 'Pending' }
  },
  prepareForCreate: draft => {
    draft.status = { phase: 'Pending' }
  },
  validate: validateVolume,
  notHonoured: () => storedOnly('persistentvolumes'),
  columns: [
    nameColumn,
    {
      name: 'Capacity',
      type: 'string',
      description: 'How much it holds.',
      cell: ({ spec }) => String(spec.capacity?.storage ?? ''),
    },
    {
      name: 'Access Modes',
      type: 'string',
      description: 'How it may be mounted.',
      cell: ({ spec }) => accessModesText(spec.accessModes),
    },
    {
      name: 'Reclaim Policy',
      type: 'string',
      description: 'What becomes of it when its claim goes.',
      cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    },
    {
      name: 'Status',
      type: 'string',
      description: 'Whether it is bound.',
      cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    { name: 'Claim', type: 'string', description: 'The claim that has it.', cell: claimText },
    {
      name: 'StorageClass',
      type: 'string',
      description: 'Its storage class.',
      cell: ({ metadata, spec }) => metadata.annotations?.[OLD_CLASS] ?? spec.storageClassName ?? '',
    },
    {
      name: 'VolumeAttributesClass',
      type: 'string',
      description: 'Its class of attributes.',
      cell: ({ spec }) => spec.volumeAttributesClassName || '<unset>',
    },
    {
      name: 'Reason',
      type: 'string',
      description: 'Why it is in that state.',
      cell: ({ status }) => status?.reason ?? '',
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
