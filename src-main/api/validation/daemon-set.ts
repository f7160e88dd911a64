import type { DaemonSet, ReplicationController } from '../types.ts'
import { checkCountOrPercent, checkImmutable, checkNotNegative } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabels } from './metadata.ts'
import { validateLongRunningTemplate } from './pod-spec.ts'
import { validateWorkloadSelector } from './selectors.ts'

const isZero = (value: number | string | undefined) => value === 0 || value === '0%'
const exceedsAll = (value: number | string | undefined) =>
  typeof value === 'string' && Number.parseInt(value, 10) > 100

/** Source: kubernetes pkg/apis/apps/validation, ValidateDaemonSet. */
export function validateDaemonSet(set: DaemonSet, errors: FieldErrors, old?: DaemonSet): void {
  const { spec } = set
  checkNotNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  checkNotNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit)
  validateWorkloadSelector(spec, 'daemonset', errors)
  validateLongRunningTemplate(spec.template, { field: 'spec.template', kind: 'DaemonSet' }, errors)
  validateUpdateStrategy(spec.updateStrategy, errors)
  if (old) checkImmutable(errors, 'spec.selector', spec.selector, old.spec.selector)
}

/** Either more pods for a while, or fewer: a server has room for one or for two of them. */
function validateUpdateStrategy(strategy: DaemonSet['spec']['updateStrategy'], errors: FieldErrors): void {
  if (strategy?.type !== 'RollingUpdate') return
  const field = 'spec.updateStrategy.rollingUpdate'
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {}
  checkCountOrPercent(errors, `${field}.maxUnavailable`, maxUnavailable)
  checkCountOrPercent(errors, `${field}.maxSurge`, maxSurge)
  if (exceedsAll(maxUnavailable))
    errors.invalid(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')
  if (exceedsAll(maxSurge)) errors.invalid(`${field}.maxSurge`, maxSurge, 'must not be greater than 100%')
  const surges = maxSurge !== undefined && !isZero(maxSurge)
  const shrinks = maxUnavailable !== undefined && !isZero(maxUnavailable)
  if (surges && shrinks) {
    errors.invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')
  } else if (!surges && !shrinks) {
    errors.required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
  }
}

/** Source: kubernetes pkg/apis/core/validation, ValidateReplicationController. */
export function validateReplicationController({ spec }: ReplicationController, errors: FieldErrors): void {
  checkNotNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  checkNotNegative(errors, 'spec.replicas', spec.replicas)
  validateLabels(spec.selector, 'spec.selector', errors)
  const selector = Object.entries(spec.selector ?? {})
  if (selector.length === 0) errors.required('spec.selector')
  if (!spec.template) {
    errors.required('spec.template')
    return
  }
  const labels = spec.template.metadata?.labels ?? {}
  if (!selector.every(([key, value]) => labels[key] === value)) {
    errors.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  }
  validateLongRunningTemplate(
    spec.template,
    { field: 'spec.template', kind: 'ReplicationController' },
    errors,
  )
}
