import type { DaemonSet } from '../types.ts'
import { validateDaemonSet } from '../validation/daemon-set.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { storedOnly } from './honoured.ts'
import type { Column, Kind } from './kind.ts'
import { ageColumn, nameColumn, selectorColumn, templateColumns } from './printing/columns.ts'
import { labelsText } from './printing/selector-text.ts'

type Count =
  | 'desiredNumberScheduled'
  | 'currentNumberScheduled'
  | 'numberReady'
  | 'updatedNumberScheduled'
  | 'numberAvailable'

function countColumn(name: string, field: Count, description: string): Column<DaemonSet> {
  return { name, type: 'integer', description, cell: ({ status }) => status?.[field] ?? 0 }
}

/** Source: kubernetes pkg/apis/apps/v1/defaults.go, SetDefaults_DaemonSet. */
function defaults(draft: DaemonSet): void {
  draft.spec ??= {} as DaemonSet['spec']
  const { spec } = draft
  spec.revisionHistoryLimit ??= 10
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate = {
      maxUnavailable: 1,
      maxSurge: 0,
      ...spec.updateStrategy.rollingUpdate,
    }
  }
  defaultPodTemplate(spec.template)
}

export const DaemonSetKind: Kind<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  subresources: ['status'],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  defaults,
  validate: validateDaemonSet,
  notHonoured: () => storedOnly('daemonsets.apps'),
  columns: [
    nameColumn,
    countColumn('Desired', 'desiredNumberScheduled', 'Number of nodes that should run the pod.'),
    countColumn('Current', 'currentNumberScheduled', 'Number of nodes that run the pod and should.'),
    countColumn('Ready', 'numberReady', 'Number of nodes on which the pod is ready.'),
    countColumn('Up-to-date', 'updatedNumberScheduled', 'Number of nodes that run the current template.'),
    countColumn('Available', 'numberAvailable', 'Number of nodes on which the pod is available.'),
    {
      name: 'Node Selector',
      type: 'string',
      description: 'The labels of the nodes that run the pod.',
      cell: ({ spec }) => labelsText(spec.template?.spec?.nodeSelector),
    },
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
}
