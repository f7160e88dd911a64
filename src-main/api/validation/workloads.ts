import type { Deployment, ReplicaSet } from '../types.ts'
import { checkCountOrPercent, checkImmutable, checkNotNegative } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLongRunningTemplate } from './pod-spec.ts'
import { validateWorkloadSelector } from './selectors.ts'

/** Source: kubernetes pkg/apis/apps/validation, ValidateReplicaSet. */
export function validateReplicaSet(set: ReplicaSet, errors: FieldErrors, old?: ReplicaSet): void {
  const { spec } = set
  checkNotNegative(errors, 'spec.replicas', spec.replicas)
  checkNotNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  validateWorkloadSelector(spec, 'replicaset', errors)
  validateLongRunningTemplate(spec.template, { field: 'spec.template', kind: 'ReplicaSet' }, errors)
  if (old) checkImmutable(errors, 'spec.selector', spec.selector, old.spec.selector)
}

/** Source: kubernetes pkg/apis/apps/validation, ValidateDeployment. */
export function validateDeployment(deployment: Deployment, errors: FieldErrors, old?: Deployment): void {
  const { spec } = deployment
  for (const name of [
    'replicas',
    'minReadySeconds',
    'revisionHistoryLimit',
    'progressDeadlineSeconds',
  ] as const) {
    checkNotNegative(errors, `spec.${name}`, spec[name])
  }
  const deadline = spec.progressDeadlineSeconds
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
  }
  validateStrategy(spec.strategy, errors)
  validateWorkloadSelector(spec, 'deployment', errors)
  validateLongRunningTemplate(spec.template, { field: 'spec.template', kind: 'ReplicaSet' }, errors)
  if (old) checkImmutable(errors, 'spec.selector', spec.selector, old.spec.selector)
}

function validateStrategy(strategy: Deployment['spec']['strategy'], errors: FieldErrors): void {
  const rolling = strategy?.rollingUpdate
  if (!rolling) return
  const field = 'spec.strategy.rollingUpdate'
  if (strategy.type === 'Recreate') {
    errors.forbidden(field, "may not be specified when strategy `type` is 'Recreate'")
    return
  }
  const { maxSurge, maxUnavailable } = rolling
  checkCountOrPercent(errors, `${field}.maxUnavailable`, maxUnavailable)
  checkCountOrPercent(errors, `${field}.maxSurge`, maxSurge)
  if (amount(maxUnavailable) === 0 && amount(maxSurge) === 0) {
    errors.invalid(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  }
  if (typeof maxUnavailable === 'string' && amount(maxUnavailable) > 100) {
    errors.invalid(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')
  }
}

/** The number in a count or a percentage; NaN when there is none. */
function amount(value: number | string | undefined): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) : (value ?? Number.NaN)
}
