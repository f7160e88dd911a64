import { isIP } from 'node:net'
import { equalJson } from '../../lib/json.ts'
import type { FieldErrors } from './field-errors.ts'
import { percentage, portName, type TextRule } from './text-rules.ts'

/** Small checks of one field each, that push what is wrong. An absent value is right unless said otherwise. */

export function checkText(
  errors: FieldErrors,
  field: string,
  text: string | undefined,
  rule: TextRule,
): void {
  if (!text) return
  const wrong = rule(text)
  if (wrong) errors.invalid(field, text, wrong)
}

/** As `checkText`, for a value that has to be there. */
export function requireText(
  errors: FieldErrors,
  field: string,
  text: string | undefined,
  rule: TextRule = () => undefined,
): void {
  if (text) checkText(errors, field, text, rule)
  else errors.required(field)
}

export function checkNotNegative(errors: FieldErrors, field: string, value: number | undefined): void {
  if (value !== undefined && value < 0) errors.invalid(field, value, 'must be greater than or equal to 0')
}

export function checkRange(
  errors: FieldErrors,
  field: string,
  value: number | undefined,
  [least, most]: readonly [number, number],
): void {
  if (value === undefined || (value >= least && value <= most)) return
  errors.invalid(field, value, `must be between ${least} and ${most}, inclusive`)
}

const PORTS = [1, 65_535] as const
/** The ids that Linux gives to users and groups. */
export const IDS = [0, 2_147_483_647] as const

export function checkPort(errors: FieldErrors, field: string, port: number | undefined): void {
  checkRange(errors, field, port, PORTS)
}

/** A port by number, or by the name that a container gives it. */
export function checkPortOrName(errors: FieldErrors, field: string, port: number | string | undefined): void {
  if (typeof port === 'number') checkPort(errors, field, port)
  else if (port !== undefined) {
    const wrong = port === '' ? 'must be non-empty' : portName(port)
    if (wrong) errors.invalid(field, port, wrong)
  }
}

export function checkIp(errors: FieldErrors, field: string, address: string | undefined): void {
  if (address && isIP(address) === 0) {
    errors.invalid(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
  }
}

/** A count, or a share of the whole such as `25%`. */
export function checkCountOrPercent(
  errors: FieldErrors,
  field: string,
  value: number | string | undefined,
): void {
  if (typeof value === 'number') checkNotNegative(errors, field, value)
  else if (value !== undefined) {
    const wrong = percentage(value)
    if (wrong) errors.invalid(field, value, wrong)
  }
}

/** Names each element whose key was there before. */
export function checkUnique<T>(
  errors: FieldErrors,
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  fieldOf: (index: number) => string,
): void {
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    if (!key) continue
    if (seen.has(key)) errors.duplicate(fieldOf(index), key)
    seen.add(key)
  }
}

export function checkImmutable(errors: FieldErrors, field: string, now: unknown, before: unknown): void {
  if (!equalJson(now, before)) errors.invalid(field, now ?? null, 'field is immutable')
}
