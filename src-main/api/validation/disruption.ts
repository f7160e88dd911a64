import type { PodDisruptionBudget } from '../types.ts'
import { checkCountOrPercent } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabelSelector } from './selectors.ts'

/** Source: kubernetes pkg/apis/policy/validation, ValidatePodDisruptionBudgetSpec. */
export function validateDisruptionBudget({ spec }: PodDisruptionBudget, errors: FieldErrors): void {
  const { minAvailable, maxUnavailable } = spec
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    checkCountOrPercent(errors, `spec.${name}`, value)
    if (typeof value === 'string' && Number.parseInt(value, 10) > 100) {
      errors.invalid(`spec.${name}`, value, 'must not be greater than 100%')
    }
  }
  validateLabelSelector(spec.selector, 'spec.selector', errors)
}
