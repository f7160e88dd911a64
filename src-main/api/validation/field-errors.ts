import type { StatusCause } from '../../lib/errors.ts'
import { jsonText, shortened } from '../../lib/json-text.ts'

/** More would only make the reply long. */
export const MAX_CAUSES = 1000
/** Keys of a map, which may be long, are part of a path. In characters. */
export const MAX_FIELD = 1024

/**
 * Gathers every offending field of an object, in Kubernetes' wording (apimachinery pkg/util/validation/field/errors.go);
 * the first thousand.
 */
export class FieldErrors {
  readonly causes: StatusCause[] = []

  /** That nothing more is taken: what is found from here on need not be looked for. */
  get full(): boolean {
    return this.causes.length >= MAX_CAUSES
  }

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, () => (detail ? `Required value: ${detail}` : 'Required value'))
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', field, () => `Invalid value: ${show(value)}: ${detail}`)
  }

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, () => `Invalid value: ${show(value)}: ${detail}`)
  }

  duplicate(field: string, value: unknown): void {
    this.#add('FieldValueDuplicate', field, () => `Duplicate value: ${show(value)}`)
  }

  notFound(field: string, value: unknown): void {
    this.#add('FieldValueNotFound', field, () => `Not found: ${show(value)}`)
  }

  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    this.#add('FieldValueNotSupported', field, () => {
      const list = [...supported]
        .sort()
        .map(item => `"${item}"`)
        .join(', ')
      return `Unsupported value: ${show(value)}: supported values: ${list}`
    })
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, () => `Forbidden: ${detail}`)
  }

  tooLong(field: string, maxLength: number): void {
    this.#add('FieldValueTooLong', field, () => `Too long: may not be more than ${maxLength} bytes`)
  }

  tooMany(field: string, count: number, maxCount: number): void {
    this.#add('FieldValueTooMany', field, () => `Too many: ${count}: must have at most ${maxCount} items`)
  }

  /** Takes what was found elsewhere, as far as there is room. */
  take(causes: readonly StatusCause[]): void {
    this.causes.push(...causes.slice(0, MAX_CAUSES - this.causes.length))
  }

  #add(reason: string, field: string, message: () => string): void {
    if (!this.full) this.causes.push({ reason, message: message(), field: shortened(field, MAX_FIELD) })
  }
}

/** A value longer than this is known by its beginning. */
const MAX_SHOWN = 2048

function show(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value !== 'string') return jsonText(value, MAX_SHOWN)
  return shortened(`"${value.slice(0, MAX_SHOWN + 1)}"`, MAX_SHOWN)
}
