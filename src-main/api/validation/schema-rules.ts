import { type JsonSchema, resolveSchema } from '../schema.ts'
import { type GoRegExp, goRegExp } from './go-regexp.ts'

/** A schema, read once. */
export interface Rule {
  schema: JsonSchema
  /** Empty when values may be of any type. */
  types: readonly string[]
  members: ReadonlyMap<string, Part>
  /** What the values of a map must be. */
  values?: Part
  items?: Part
  /** What the schema says about a value beside its type; most say nothing. */
  hasChecks: boolean
  pattern?: GoRegExp
}

/** A schema within another, which is read once a value is there: definitions may contain themselves. */
export interface Part {
  /** How a path goes on to it, where it has a name: `.spec`. */
  step: string
  schema: JsonSchema
  rule?: Rule
}

const rules = new WeakMap<JsonSchema, Rule>()

const CHECKS = [
  'enum', 'format', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength',
  'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'allOf', 'anyOf', 'oneOf', 'not',
] as const // prettier-ignore

export function ruleOf(reference: JsonSchema): Rule {
  const known = rules.get(reference)
  if (known) return known
  const schema = resolveSchema(reference)
  const rule = rules.get(schema) ?? readRule(schema)
  rules.set(schema, rule).set(reference, rule)
  return rule
}

function readRule(schema: JsonSchema): Rule {
  const { type, properties = {}, additionalProperties, items, pattern } = schema
  return {
    schema,
    types: type === undefined ? [] : [type].flat(),
    members: new Map(
      Object.entries(properties).map(([name, schema]) => [name, { step: `.${name}`, schema }]),
    ),
    values: typeof additionalProperties === 'object' ? { step: '', schema: additionalProperties } : undefined,
    items: items && { step: '', schema: items },
    hasChecks: CHECKS.some(keyword => schema[keyword] !== undefined),
    pattern: pattern === undefined ? undefined : goRegExp(pattern),
  }
}

export function within(part: Part): Rule {
  return (part.rule ??= ruleOf(part.schema))
}
