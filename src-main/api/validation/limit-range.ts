import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { LimitRange } from '../types.ts'
import { checkText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { qualifiedName, type TextRule } from './text-rules.ts'

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']

const limitType: TextRule = text =>
  qualifiedName(text) ??
  (text.includes('/') || TYPES.includes(text)
    ? undefined
    : 'must be a standard limit type or fully qualified')

type Item = LimitRange['spec']['limits'][number]

const amount = (quantity: string | number | undefined) =>
  isQuantity(quantity) ? parseMilli(quantity) : undefined

/** Source: kubernetes pkg/apis/core/validation, ValidateLimitRange. */
export function validateLimitRange({ spec }: LimitRange, errors: FieldErrors): void {
  const seen = new Set<string>()
  spec.limits?.forEach((item, index) => {
    const field = `spec.limits[${index}]`
    if (!item.type) errors.required(`${field}.type`)
    else if (seen.has(item.type)) errors.duplicate(`${field}.type`, item.type)
    else checkText(errors, `${field}.type`, item.type, limitType)
    seen.add(item.type)
    if (item.type === 'Pod') {
      if (item.default) errors.forbidden(`${field}.default`, "may not be specified when `type` is 'Pod'")
      if (item.defaultRequest) {
        errors.forbidden(`${field}.defaultRequest`, "may not be specified when `type` is 'Pod'")
      }
    }
    if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage) {
      errors.required(
        `${field}.limits`,
        'either minimum or maximum storage value is required, but neither was provided',
      )
    }
    validateBounds(item, field, errors)
  })
}

/** min ≤ defaultRequest ≤ default ≤ max, as far as they are given. */
function validateBounds(item: Item, field: string, errors: FieldErrors): void {
  const order = ['min', 'defaultRequest', 'default', 'max'] as const
  const names = new Set(order.flatMap(key => Object.keys(item[key] ?? {})))
  for (const name of names) {
    for (const [low, least] of order.entries()) {
      for (const most of order.slice(low + 1)) {
        const small = item[least]?.[name]
        const large = item[most]?.[name]
        const [a, b] = [amount(small), amount(large)]
        if (a === undefined || b === undefined || a <= b) continue
        const detail = `${least} value ${small} is greater than ${most} value ${large}`
        errors.invalid(`${field}.${least}[${name}]`, String(small), detail)
      }
    }
  }
  for (const [name, ratio] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    if ((amount(ratio) ?? 1000n) >= 1000n) continue
    errors.invalid(`${field}.maxLimitRequestRatio[${name}]`, String(ratio), `ratio ${ratio} is less than 1`)
  }
}
