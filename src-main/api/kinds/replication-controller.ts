import type { ReplicationController } from '../types.ts'
import { validateReplicationController } from '../validation/daemon-set.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn, templateColumns } from './printing/columns.ts'
import { labelsText, selectorText } from './printing/selector-text.ts'

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_ReplicationController. */
function defaults(draft: ReplicationController): void {
  draft.spec ??= {}
  const { spec, metadata } = draft
  spec.replicas ??= 1
  defaultPodTemplate(spec.template)
  const labels = spec.template?.metadata?.labels
  if (!labels) return
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
}

export const ReplicationControllerKind: Kind<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  defaults,
  validate: validateReplicationController,
  fieldSelectors: { 'status.replicas': controller => String(controller.status?.replicas ?? 0) },
  notHonoured: () => storedOnly('replicationcontrollers'),
  columns: [
    nameColumn,
    {
      name: 'Desired',
      type: 'integer',
      description: 'The number of desired pods.',
      cell: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'The most recently observed number of pods.',
      cell: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'The number of pods with a Ready condition.',
      cell: ({ status }) => status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns,
    {
      name: 'Selector',
      type: 'string',
      description: 'Label selector for pods.',
      priority: 1,
      cell: ({ spec }) => labelsText(spec.selector),
    },
  ],
  scale: {
    replicas: ({ spec }) => spec.replicas ?? 1,
    setReplicas: (draft, replicas) => {
      draft.spec.replicas = replicas
    },
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => selectorText({ matchLabels: spec.selector ?? {} }),
  },
}
