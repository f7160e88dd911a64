import { jsonText, shortened } from '../../lib/json-text.ts'
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
  choice?: Choice
}

/** The values that `enum` lets in. */
export interface Choice {
  plain: ReadonlySet<unknown>
  /** Lists and objects. */
  others: readonly object[]
  /** How many values there are in the lists and objects. */
  size: number
  /** What a message says of them. */
  shown: readonly string[]
}

/** A schema within another, which is read once a value is there: definitions may contain themselves. */
export interface Part {
  /** How a path goes on to it, where it has a name: `.spec`. */
  step: string
  schema: JsonSchema
  rule?: Rule
}

/** Who chose wrongly is not helped by more. */
const MAX_SHOWN = 100
/** In characters. */
const MAX_CHOICE_TEXT = 100

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
    choice: schema.enum && readChoice(schema.enum),
  }
}

function readChoice(values: readonly unknown[]): Choice {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  const others = values.filter(isObject) as object[]
  // where a default may take the place of null, null is let in, but is nothing to choose
  const shown = values.filter(item => item !== null).slice(0, MAX_SHOWN)
  return {
    plain: new Set(values.filter(value => !isObject(value))),
    others,
    size: countValues(others),
    shown: shown.map(item =>
      typeof item === 'string' ? shortened(item, MAX_CHOICE_TEXT) : jsonText(item, MAX_CHOICE_TEXT),
    ),
  }
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, part) => sum + countValues(part), 1)
}

export function within(part: Part): Rule {
  return (part.rule ??= ruleOf(part.schema))
}
