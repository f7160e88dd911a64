import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { HorizontalPodAutoscaler } from '../types.ts'
import { checkRange, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'

type Spec = HorizontalPodAutoscaler['spec']
type Metric = NonNullable<Spec['metrics']>[number]
type Target = NonNullable<Metric['resource']>['target']
type Rules = NonNullable<NonNullable<Spec['behavior']>['scaleUp']>

/** The types of metrics, and the field that each of them fills in. */
const SOURCES = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  External: 'external',
  ContainerResource: 'containerResource',
} as const
const TARGETS = ['Utilization', 'Value', 'AverageValue']
const MAX_STABILIZATION_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800

/** Source: kubernetes pkg/apis/autoscaling/validation, ValidateHorizontalPodAutoscaler. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, errors: FieldErrors): void {
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef } = spec
  const scalesToZero = (spec.metrics ?? []).some(({ type }) => type === 'Object' || type === 'External')
  if (minReplicas < (scalesToZero ? 0 : 1)) {
    errors.invalid(
      'spec.minReplicas',
      minReplicas,
      `must be greater than or equal to ${scalesToZero ? 0 : 1}`,
    )
  }
  if (maxReplicas < 1) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')
  if (maxReplicas < minReplicas) {
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  requireText(errors, 'spec.scaleTargetRef.kind', scaleTargetRef?.kind, pathSegment)
  requireText(errors, 'spec.scaleTargetRef.name', scaleTargetRef?.name, pathSegment)
  spec.metrics?.forEach((metric, index) => validateMetric(metric, `spec.metrics[${index}]`, errors))
  for (const name of ['scaleUp', 'scaleDown'] as const) {
    const rules = spec.behavior?.[name]
    if (rules) validateRules(rules, `spec.behavior.${name}`, errors)
  }
}

function pathSegment(text: string): string | undefined {
  return text.includes('/') ? "may not contain '/'" : undefined
}

function validateMetric(metric: Metric, field: string, errors: FieldErrors): void {
  if (!metric.type) {
    errors.required(`${field}.type`, 'must specify a metric source type')
    return
  }
  if (!Object.hasOwn(SOURCES, metric.type)) {
    errors.notSupported(`${field}.type`, metric.type, Object.keys(SOURCES))
    return
  }
  const expected = SOURCES[metric.type as keyof typeof SOURCES]
  const source = metric[expected]
  if (!source) {
    errors.required(`${field}.${expected}`, 'must populate information for the given metric source')
    return
  }
  for (const other of Object.values(SOURCES)) {
    if (other === expected || !metric[other]) continue
    errors.forbidden(`${field}.${other}`, 'must populate the given metric source only')
  }
  const path = `${field}.${expected}`
  if ('metric' in source) requireText(errors, `${path}.metric.name`, source.metric?.name, pathSegment)
  else requireText(errors, `${path}.name`, source.name)
  if ('container' in source) requireText(errors, `${path}.container`, source.container)
  if ('describedObject' in source) {
    requireText(errors, `${path}.describedObject.kind`, source.describedObject?.kind)
    requireText(errors, `${path}.describedObject.name`, source.describedObject?.name)
  }
  validateTarget(source.target, path, { type: metric.type, errors })
}

function validateTarget(
  target: Target | undefined,
  path: string,
  { type, errors }: { type: string; errors: FieldErrors },
): void {
  const field = `${path}.target`
  if (!target?.type) {
    errors.required(`${field}.type`, 'must specify a metric target type')
    return
  }
  if (!TARGETS.includes(target.type)) {
    errors.notSupported(`${field}.type`, target.type, TARGETS)
    return
  }
  for (const name of ['value', 'averageValue'] as const) {
    const quantity = target[name]
    if (quantity === undefined || !isQuantity(quantity)) continue
    if ((parseMilli(quantity) ?? 0n) <= 0n)
      errors.invalid(`${field}.${name}`, String(quantity), 'must be positive')
  }
  const { averageUtilization, averageValue, value } = target
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.invalid(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0')
  }
  if (type === 'Resource' || type === 'ContainerResource') {
    if (averageUtilization === undefined && averageValue === undefined) {
      errors.required(
        `${field}.averageUtilization`,
        'must set either a target raw value or a target utilization',
      )
    } else if (averageUtilization !== undefined && averageValue !== undefined) {
      errors.forbidden(
        `${field}.averageValue`,
        'may not set both a target raw value and a target utilization',
      )
    }
  } else if (type === 'Pods') {
    if (averageValue === undefined)
      errors.required(`${field}.averageValue`, 'must specify a positive target averageValue')
  } else if (averageValue === undefined && value === undefined) {
    errors.required(`${field}.averageValue`, 'must set either a target value for metric or a per-pod target')
  }
}

function validateRules(rules: Rules, field: string, errors: FieldErrors): void {
  const window = rules.stabilizationWindowSeconds
  if (window !== undefined && window < 0) {
    errors.invalid(`${field}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')
  } else if (window !== undefined && window > MAX_STABILIZATION_SECONDS) {
    const detail = `must be less than or equal to ${MAX_STABILIZATION_SECONDS}`
    errors.invalid(`${field}.stabilizationWindowSeconds`, window, detail)
  }
  const select = ['Max', 'Min', 'Disabled']
  if (rules.selectPolicy && !select.includes(rules.selectPolicy)) {
    errors.notSupported(`${field}.selectPolicy`, rules.selectPolicy, select)
  }
  if (rules.policies?.length === 0) errors.required(`${field}.policies`, 'must specify at least one Policy')
  rules.policies?.forEach(({ type, value, periodSeconds }, index) => {
    const path = `${field}.policies[${index}]`
    if (!['Pods', 'Percent'].includes(type)) errors.notSupported(`${path}.type`, type, ['Pods', 'Percent'])
    if (value <= 0) errors.invalid(`${path}.value`, value, 'must be greater than zero')
    checkRange(errors, `${path}.periodSeconds`, periodSeconds, [1, MAX_PERIOD_SECONDS])
  })
}
