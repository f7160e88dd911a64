import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { LimitRange, ResourceQuota } from '../types.ts'
import { checkImmutable } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { qualifiedName } from './text-rules.ts'

type Item = LimitRange['spec']['limits'][number]

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]
const amount = (quantity: string | number | undefined) =>
  isQuantity(quantity) ? parseMilli(quantity) : undefined

/** Source: kubernetes pkg/apis/core/validation, ValidateResourceQuotaSpec. */
export function validateResourceQuota(
  { spec }: ResourceQuota,
  errors: FieldErrors,
  old?: ResourceQuota,
): void {
  for (const [name, quantity] of Object.entries(spec.hard ?? {})) {
    const field = `spec.hard[${name}]`
    const wrong = name.includes('/') && name.startsWith('count/') ? undefined : qualifiedName(name)
    if (wrong) errors.invalid(field, name, wrong)
    if ((amount(quantity) ?? 0n) < 0n) {
      errors.invalid(field, String(quantity), 'must be greater than or equal to 0')
    }
  }
  const unknown = (spec.scopes ?? []).find(scope => !SCOPES.includes(scope))
  if (unknown !== undefined) errors.invalid('spec.scopes', spec.scopes, 'unsupported scope')
  if (has(spec.scopes, 'BestEffort', 'NotBestEffort') || has(spec.scopes, 'Terminating', 'NotTerminating')) {
    errors.invalid('spec.scopes', spec.scopes, 'conflicting scopes')
  }
  if (old) checkImmutable(errors, 'spec.scopes', spec.scopes, old.spec.scopes)
}

function has(scopes: readonly string[] | undefined, ...names: string[]): boolean {
  return names.every(name => scopes?.includes(name))
}

/** Source: kubernetes pkg/apis/core/validation, ValidateLimitRange. */
export function validateLimitRange({ spec }: LimitRange, errors: FieldErrors): void {
  const seen = new Set<string>()
  spec.limits?.forEach((item, index) => {
    const field = `spec.limits[${index}]`
    if (!item.type) errors.required(`${field}.type`)
    else if (seen.has(item.type)) errors.duplicate(`${field}.type`, item.type)
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
