import type { ReplicaSet } from '../types.ts'
import { validateReplicaSet } from '../validation/workloads.ts'
import { podNotHonoured } from './honoured.ts'
import type { Kind } from './kind.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { ageColumn, nameColumn, selectorColumn, templateColumns } from './printing/columns.ts'
import { selectorText } from './printing/selector-text.ts'

export const ReplicaSetKind: Kind<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  defaults: draft => {
    draft.spec ??= {} as ReplicaSet['spec']
    const { spec } = draft
    spec.replicas ??= 1
    defaultPodTemplate(spec.template)
  },
  validate: validateReplicaSet,
  fieldSelectors: { 'status.replicas': set => String(set.status?.replicas ?? 0) },
  notHonoured: ({ spec }) => podNotHonoured(spec.template?.spec, 'spec.template.spec'),
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      description: 'The number of desired pods.',
      cell: set => set.spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'The most recently observed number of pods.',
      cell: set => set.status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'The number of pods with a Ready condition.',
      cell: set => set.status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  scale: {
    replicas: set => set.spec.replicas ?? 1,
    setReplicas: (draft, replicas) => {
      draft.spec.replicas = replicas
    },
    statusReplicas: set => set.status?.replicas ?? 0,
    selector: set => selectorText(set.spec.selector),
  },
}
