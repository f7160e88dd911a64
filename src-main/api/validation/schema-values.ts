import { isJsonObject } from '../../lib/json.ts'

/** As near as fractions can be told: 0.29 / 0.01 is not quite 29. Source: go-openapi swag, IsFloat64AJSONInteger. */
export function isMultiple(value: number, of: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(of)) return value % of === 0
  const times = value / of
  const whole = Math.round(times)
  return Math.abs(times - whole) <= 1e-9 * Math.abs(whole)
}

export function isOfTypes(value: unknown, types: readonly string[]): boolean {
  for (const type of types) if (isOfType(value, type)) return true
  return false
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isJsonObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    default:
      return typeof value === type
  }
}

export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** In characters, of which some are two units long. */
export function isShorter(text: string, than: number): boolean {
  if (text.length < than) return true
  if (text.length >= 2 * than) return false
  let length = 0
  for (const _character of text) if (++length >= than) return false
  return true
}
