import type { StatefulSet } from '../types.ts'
import { validateStatefulSet } from '../validation/stateful-set.ts'
import { defaultClaimSpec } from './defaults/claim.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn, templateColumns } from './printing/columns.ts'
import { selectorText } from './printing/selector-text.ts'

/** Source: kubernetes pkg/apis/apps/v1/defaults.go, SetDefaults_StatefulSet. */
function defaults(draft: StatefulSet): void {
  draft.spec ??= {} as StatefulSet['spec']
  const { spec } = draft
  spec.podManagementPolicy ||= 'OrderedReady'
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate = { partition: 0, ...spec.updateStrategy.rollingUpdate }
  }
  spec.persistentVolumeClaimRetentionPolicy = {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
    ...spec.persistentVolumeClaimRetentionPolicy,
  }
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
  for (const claim of spec.volumeClaimTemplates ?? []) {
    Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' })
    claim.spec ??= {}
    defaultClaimSpec(claim.spec)
    claim.status ??= { phase: 'Pending' }
  }
}

export const StatefulSetKind: Kind<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  nameRule: 'dns-label',
  defaults,
  validate: validateStatefulSet,
  notHonoured: () => storedOnly('statefulsets.apps'),
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of ready pods of the number desired.',
      cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    ageColumn,
    ...templateColumns,
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
