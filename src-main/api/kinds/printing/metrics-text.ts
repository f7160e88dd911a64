import type { HorizontalPodAutoscaler } from '../../types.ts'

type Metrics = NonNullable<HorizontalPodAutoscaler['spec']['metrics']>
type Current = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>
type Target = { averageValue?: string | number; averageUtilization?: number; value?: string | number }

/** More metrics than these are only counted. */
const SHOWN = 2

/** `cpu: 12%/80%, 3 more...`. Source: kubernetes pkg/printers/internalversion/printers.go, formatHPAMetrics. */
export function metricsText(metrics: Metrics, current: Current): string {
  if (metrics.length === 0) return '<none>'
  const texts = metrics.slice(0, SHOWN).map((metric, index) => metricText(metric, current[index]))
  const rest = metrics.length - texts.length
  return rest > 0 ? `${texts.join(', ')} + ${rest} more...` : texts.join(', ')
}

function metricText(metric: Metrics[number], now: Current[number] | undefined): string {
  switch (metric.type) {
    case 'Resource':
      return resourceText(metric.resource?.name ?? '', metric.resource?.target, now?.resource?.current)
    case 'ContainerResource': {
      const { name = '', target } = metric.containerResource ?? {}
      return resourceText(name, target, now?.containerResource?.current)
    }
    case 'Pods':
      return pairText(now?.pods?.current?.averageValue, metric.pods?.target?.averageValue)
    case 'Object':
      return targetText(metric.object?.target, now?.object?.current)
    case 'External':
      return targetText(metric.external?.target, now?.external?.current)
    default:
      return '<unknown type>'
  }
}

function resourceText(name: string, target: Target | undefined, now: Target | undefined): string {
  const percent = (value: number | undefined) => (value === undefined ? undefined : `${value}%`)
  return target?.averageValue === undefined
    ? `${name}: ${pairText(percent(now?.averageUtilization), percent(target?.averageUtilization) ?? '<auto>')}`
    : `${name}: ${pairText(now?.averageValue, target.averageValue)}`
}

function targetText(target: Target | undefined, now: Target | undefined): string {
  return target?.averageValue === undefined
    ? pairText(now?.value, target?.value)
    : `${pairText(now?.averageValue, target.averageValue)} (avg)`
}

function pairText(now: string | number | undefined, wanted: string | number | undefined): string {
  return `${now ?? '<unknown>'}/${wanted ?? '<unknown>'}`
}
