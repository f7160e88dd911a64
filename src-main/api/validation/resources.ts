import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { Container } from '../types.ts'
import type { FieldErrors } from './field-errors.ts'
import { qualifiedName } from './text-rules.ts'

type Quantities = Record<string, string | number>

const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/

/** Requests and limits of a container. Source: kubernetes pkg/apis/core/validation, ValidateResourceRequirements. */
export function validateResources(
  resources: Container['resources'],
  field: string,
  errors: FieldErrors,
): void {
  const limits = (resources?.limits ?? {}) as Quantities
  const requests = (resources?.requests ?? {}) as Quantities
  validateQuantities(limits, `${field}.limits`, errors)
  validateQuantities(requests, `${field}.requests`, errors)
  for (const [name, request] of Object.entries(requests)) {
    validateAgainstLimit({ name, request, limit: limits[name] }, `${field}.requests`, errors)
  }
}

/** A device that a plug-in hands out: it cannot be shared, so what is asked for is what is got. */
function isExtended(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-')
}

export function validateQuantities(quantities: Quantities, field: string, errors: FieldErrors): void {
  for (const [name, quantity] of Object.entries(quantities)) {
    const path = `${field}[${name}]`
    const wrong = qualifiedName(name)
    if (wrong) errors.invalid(path, name, wrong)
    else if (!STANDARD.test(name) && !name.includes('/')) {
      errors.invalid(path, name, 'must be a standard resource for containers')
    }
    const amount = isQuantity(quantity) ? parseMilli(quantity) : undefined
    if (amount === undefined) continue
    if (amount < 0n) errors.invalid(path, String(quantity), 'must be greater than or equal to 0')
    if (isExtended(name) && amount % 1000n !== 0n)
      errors.invalid(path, String(quantity), 'must be an integer')
  }
}

function validateAgainstLimit(
  { name, request, limit }: { name: string; request: string | number; limit: string | number | undefined },
  field: string,
  errors: FieldErrors,
): void {
  const asked = parseMilli(request)
  const most = limit === undefined ? undefined : parseMilli(limit)
  if (asked === undefined) return
  if (isExtended(name)) {
    if (limit === undefined)
      errors.required(
        field.replace(/requests$/, 'limits'),
        'Limit must be set for non overcommitable resources',
      )
    else if (asked !== most)
      errors.invalid(field, String(request), `must be equal to ${name} limit of ${limit}`)
  } else if (most !== undefined && asked > most) {
    errors.invalid(field, String(request), `must be less than or equal to ${name} limit of ${limit}`)
  }
}
