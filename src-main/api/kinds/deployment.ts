import type { Deployment } from '../types.ts'
import { validateDeployment } from '../validation/workloads.ts'
import { podNotHonoured } from './honoured.ts'
import type { Kind } from './kind.ts'
import { defaultPodTemplate } from './defaults/pod-spec.ts'
import { ageColumn, nameColumn, selectorColumn, templateColumns } from './printing/columns.ts'
import { selectorText } from './printing/selector-text.ts'

/** Source: kubernetes pkg/apis/apps/v1/defaults.go, SetDefaults_Deployment. */
function defaults(draft: Deployment): void {
  draft.spec ??= {} as Deployment['spec']
  const { spec } = draft
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  spec.strategy ??= {}
  spec.strategy.type ||= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy.rollingUpdate }
  }
  defaultPodTemplate(spec.template)
}

export const DeploymentKind: Kind<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  schema: 'io.k8s.api.apps.v1.Deployment',
  defaults,
  validate: validateDeployment,
  notHonoured: ({ spec }) => podNotHonoured(spec.template?.spec, 'spec.template.spec'),
  columns: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of ready pods of the number desired.',
      cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      type: 'string',
      description: 'Number of pods that have the current template.',
      cell: deployment => deployment.status?.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      type: 'string',
      description: 'Number of pods ready for at least minReadySeconds.',
      cell: deployment => deployment.status?.availableReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  scale: {
    replicas: deployment => deployment.spec.replicas ?? 1,
    setReplicas: (draft, replicas) => {
      draft.spec.replicas = replicas
    },
    statusReplicas: deployment => deployment.status?.replicas ?? 0,
    selector: deployment => selectorText(deployment.spec.selector),
  },
}
