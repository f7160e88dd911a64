import { isJsonObject } from '../../lib/json.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../types.ts'
import { validateAutoscaler } from '../validation/autoscaling.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { metricsText } from './printing/metrics-text.ts'
import { versionOf } from './versions.ts'

type Spec = HorizontalPodAutoscaler['spec']
type Metric = NonNullable<Spec['metrics']>[number]
type Rules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>

const SCALE_UP: Rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const SCALE_DOWN: Rules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}

const cpuMetric = (averageUtilization: number): Metric => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

/** Source: kubernetes pkg/apis/autoscaling/v2/defaults.go. */
function defaults(draft: HorizontalPodAutoscaler): void {
  draft.spec ??= {} as Spec
  const { spec } = draft
  spec.minReplicas ??= 1
  if (!spec.metrics?.length) spec.metrics = [cpuMetric(80)]
  if (!spec.behavior) return
  spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, SCALE_UP)
  spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, SCALE_DOWN)
}

function withDefaults(rules: Rules | undefined, fallback: Rules): Rules {
  return { ...structuredClone(fallback), ...rules }
}

export const HorizontalPodAutoscalerKind: Kind<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: ['status'],
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  defaults,
  validate: validateAutoscaler,
  notHonoured: () => storedOnly('horizontalpodautoscalers.autoscaling'),
  columns: [
    nameColumn,
    {
      name: 'Reference',
      type: 'string',
      description: 'What it scales.',
      cell: ({ spec }) => `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`,
    },
    {
      name: 'Targets',
      type: 'string',
      description: 'Each metric as it is, and as it should be.',
      cell: ({ spec, status }) => metricsText(spec.metrics ?? [], status?.currentMetrics ?? []),
    },
    {
      name: 'MinPods',
      type: 'string',
      description: 'The fewest pods.',
      cell: ({ spec }) => spec.minReplicas ?? '<unset>',
    },
    {
      name: 'MaxPods',
      type: 'string',
      description: 'The most pods.',
      cell: ({ spec }) => spec.maxReplicas ?? 0,
    },
    {
      name: 'Replicas',
      type: 'string',
      description: 'The number of pods last seen.',
      cell: ({ status }) => status?.currentReplicas ?? 0,
    },
    ageColumn,
  ],
}

/** Where version 1 keeps what it has no fields for. Source: kubernetes pkg/apis/autoscaling/v1/conversion.go. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

const isCpuUtilization = (metric: Metric) =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target?.averageUtilization !== undefined

function toStored(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: cpu, ...spec } = object.spec
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? {}
  const {
    [METRICS]: metricsText,
    [BEHAVIOR]: behaviorText,
    ...annotations
  } = object.metadata.annotations ?? {}
  const others = parsed(metricsText)
  const behavior = parsed(behaviorText)
  const metrics = [
    ...(Array.isArray(others) ? (others as Metric[]) : []),
    ...(cpu === undefined ? [] : [cpuMetric(cpu)]),
  ]
  const { annotations: _, ...metadata } = object.metadata
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: {
      ...spec,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(isJsonObject(behavior) ? { behavior: behavior as Spec['behavior'] } : {}),
    },
    ...(object.status
      ? {
          status: {
            desiredReplicas: 0,
            ...status,
            ...(current === undefined
              ? {}
              : {
                  currentMetrics: [
                    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } },
                  ],
                }),
          },
        }
      : {}),
  }
}

function fromStored(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metrics = [], behavior, ...spec } = object.spec
  const cpu = metrics.find(isCpuUtilization)
  const others = metrics.filter(metric => metric !== cpu)
  const { currentMetrics, conditions: _, ...status } = object.status ?? { desiredReplicas: 0 }
  const current = currentMetrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.current
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length > 0 ? { [METRICS]: JSON.stringify(others) } : {}),
    ...(behavior ? { [BEHAVIOR]: JSON.stringify(behavior) } : {}),
  }
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length > 0 ? { ...object.metadata, annotations } : object.metadata,
    spec: {
      ...spec,
      ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource?.target.averageUtilization } : {}),
    },
    ...(object.status
      ? {
          status: {
            ...status,
            currentReplicas: status.currentReplicas ?? 0,
            ...(current?.averageUtilization === undefined
              ? {}
              : { currentCPUUtilizationPercentage: current.averageUtilization }),
          },
        }
      : { status: undefined }),
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export const HorizontalPodAutoscalerV1Kind: Kind<HorizontalPodAutoscalerV1> = versionOf(
  HorizontalPodAutoscalerKind,
  {
    version: 'v1',
    schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
    toStored,
    fromStored,
  },
)
