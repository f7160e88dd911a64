import { type LabelSelector, matchesSelector } from '../../lib/labels.ts'
import type { PodTemplateSpec } from '../types.ts'
import { requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabels } from './metadata.ts'
import { labelValue, qualifiedName } from './text-rules.ts'

interface Expression {
  key: string
  operator: string
  values?: readonly string[]
}

const ONE_OF = ['In', 'NotIn']
const PRESENCE = ['Exists', 'DoesNotExist']
const ORDER = ['Gt', 'Lt']

/** Source: apimachinery pkg/apis/meta/v1/validation, ValidateLabelSelector. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  field: string,
  errors: FieldErrors,
): void {
  validateLabels({ ...selector?.matchLabels }, `${field}.matchLabels`, errors)
  selector?.matchExpressions?.forEach((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`
    validateExpression(expression, path, [...ONE_OF, ...PRESENCE], errors)
  })
}

/** An expression over a node's labels: Gt and Lt too. */
export function validateNodeExpression(expression: Expression, field: string, errors: FieldErrors): void {
  validateExpression(expression, field, [...ONE_OF, ...PRESENCE, ...ORDER], errors)
}

function validateExpression(
  { key, operator, values = [] }: Expression,
  field: string,
  operators: readonly string[],
  errors: FieldErrors,
): void {
  requireText(errors, `${field}.key`, key, qualifiedName)
  if (!operators.includes(operator)) {
    errors.invalid(`${field}.operator`, operator, 'not a valid selector operator')
  } else if (ONE_OF.includes(operator) && values.length === 0) {
    errors.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
  } else if (PRESENCE.includes(operator) && values.length > 0) {
    errors.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
  } else if (ORDER.includes(operator) && values.length !== 1) {
    errors.required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")
  }
  values.forEach((value, index) => {
    const wrong = labelValue(value)
    if (wrong) errors.invalid(`${field}.values[${index}]`, value, wrong)
  })
}

/** The selector of a workload: there, not empty, and matching the pods that its template makes. */
export function validateWorkloadSelector(
  { selector, template }: { selector?: LabelSelector; template?: PodTemplateSpec },
  kindName: string,
  errors: FieldErrors,
): void {
  if (!selector) {
    errors.required('spec.selector')
    return
  }
  const before = errors.causes.length
  validateLabelSelector(selector, 'spec.selector', errors)
  if (errors.causes.length > before) return
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length) {
    errors.invalid('spec.selector', selector, `empty selector is invalid for ${kindName}`)
  } else if (template && !matchesSelector(selector, template.metadata?.labels)) {
    const labels = template.metadata?.labels ?? {}
    errors.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  }
}
