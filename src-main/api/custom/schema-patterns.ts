import { isJsonObject } from '../../lib/json.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { goRegExp, GoRegExpError } from '../validation/go-regexp.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

/** How many steps all patterns together may have, once compiled: compiling them is done in one go. */
const MAX_STEPS = 100_000

/** Checks that every `pattern` of the schemas is a regular expression, and that all of them are not too much. */
export function validatePatterns(
  schemas: readonly { schema: OpenApiSchema; field: string }[],
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  let steps = 0
  for (const { schema, field } of schemas) {
    for (const { pattern, at } of patternsIn(schema, field)) {
      if (seen.has(pattern)) continue
      seen.add(pattern)
      try {
        steps += goRegExp(pattern).programSize()
      } catch (error) {
        if (!(error instanceof GoRegExpError)) throw error
        errors.invalid(at, pattern, `must be a valid regular expression, but isn't: ${error.message}`)
      }
      if (steps <= MAX_STEPS) continue
      errors.forbidden(
        at,
        'the patterns of the definition are too much in all: let there be fewer, or repeat less',
      )
      return
    }
  }
}

function* patternsIn(schema: OpenApiSchema, field: string): Generator<{ pattern: string; at: string }> {
  if (typeof schema !== 'object') return
  if (typeof schema.pattern === 'string') yield { pattern: schema.pattern, at: `${field}.pattern` }
  const { properties, items, additionalProperties, not } = schema
  for (const [name, property] of Object.entries(properties ?? {})) {
    yield* patternsIn(property, `${field}.properties[${name}]`)
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, part] of (schema[keyword] ?? []).entries()) {
      yield* patternsIn(part, `${field}.${keyword}[${index}]`)
    }
  }
  if (isJsonObject(additionalProperties))
    yield* patternsIn(additionalProperties, `${field}.additionalProperties`)
  if (items) yield* patternsIn(items, `${field}.items`)
  if (not) yield* patternsIn(not, `${field}.not`)
}
