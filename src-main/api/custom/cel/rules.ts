import { equalJson, isJsonObject } from '../../../lib/json.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { OpenApiSchema, ValidationRule } from '../open-api-schema.ts'
import type { Budget } from './budget.ts'
import { evaluateRule } from './evaluate-rule.ts'
import { compileRule, rulesOf } from './rule.ts'
import { elementKey, type SchemaType, schemaType } from './schema-types.ts'
import { Optional } from './values.ts'

/** The rules at one place of a schema, and at those within it. */
interface Rules {
  schema: OpenApiSchema
  rules: readonly ValidationRule[]
  type: SchemaType
  properties: Map<string, Rules>
  items?: Rules
  values?: Rules
}

/** A value with its path and, on an update, what it was. */
interface Place {
  value: unknown
  field: string
  /** undefined when there was none, or when none can be told to be the same. */
  old?: unknown
  /** Whether the value, or what it is in, is as it was. */
  isUnchanged: () => boolean
}

export interface RulesCheck {
  errors: FieldErrors
  /** What is left of an object's budget. */
  budget: Budget
  /** Takes what would be an error, had the value not been so before. */
  warn?: (sentence: string) => void
}

/** More would only make the reply long. */
const MAX_WARNINGS = 100

const known = new WeakMap<OpenApiSchema, Rules | undefined>()

/**
 * Holds an object against the rules of its schema, one rule after another: between two of them the caller may do
 * something else. Source: apiextensions-apiserver pkg/apiserver/schema/cel/validation.go.
 */
export function* validateRules(
  schema: OpenApiSchema,
  object: object,
  { old, ...check }: RulesCheck & { old?: object },
): Generator<void> {
  if (!known.has(schema)) known.set(schema, readRules(schema, true))
  const rules = known.get(schema)
  if (!rules) return
  const isUnchanged = once(() => old !== undefined && equalJson(object, old))
  yield* new Walk(check).place(rules, { value: object, field: '', old, isUnchanged })
}

/** Whether there is any rule in a schema. */
export function hasRules(schema: OpenApiSchema): boolean {
  const { properties = {}, items, additionalProperties } = schema
  const within = [...Object.values(properties), items, additionalProperties].filter(isJsonObject)
  return rulesOf(schema).length > 0 || within.some(hasRules)
}

function readRules(schema: OpenApiSchema, isRoot: boolean): Rules | undefined {
  const type = schemaType(schema, isRoot)
  if (!type) return undefined
  const own = rulesOf(schema)
  const within = (part: unknown) => (isJsonObject(part) ? readRules(part, false) : undefined)
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const rules = within(property)
    return rules ? [[name, rules] as const] : []
  })
  const rules: Rules = {
    schema,
    rules: own,
    type,
    properties: new Map(properties),
    items: within(schema.items),
    values: within(schema.additionalProperties),
  }
  const isEmpty = own.length === 0 && properties.length === 0 && !rules.items && !rules.values
  return isEmpty ? undefined : rules
}

class Walk {
  readonly #check: RulesCheck
  #isOver = false
  #warnings = 0

  constructor(check: RulesCheck) {
    this.#check = check
  }

  *place(rules: Rules, place: Place): Generator<void> {
    const { value, old } = place
    if (value === null || value === undefined || this.#isOver) return
    for (const rule of rules.rules) {
      this.#evaluate(rules, rule, place)
      yield
      if (this.#isOver) return
    }
    if (Array.isArray(value)) yield* this.#items(rules, place)
    else if (isJsonObject(value))
      yield* this.#members(rules, { ...place, value }, isJsonObject(old) ? old : undefined)
  }

  *#items({ schema, items }: Rules, { value, field, old, isUnchanged }: Place): Generator<void> {
    if (!items) return
    const keyOf = schema['x-kubernetes-list-type'] === 'map' ? elementKey(schema) : undefined
    const before = new Map(keyOf && Array.isArray(old) ? old.map(item => [keyOf(item), item as unknown]) : [])
    for (const [index, item] of (value as unknown[]).entries()) {
      const was = keyOf && before.get(keyOf(item))
      yield* this.place(items, {
        value: item,
        field: `${field}[${index}]`,
        old: was,
        isUnchanged: was === undefined ? isUnchanged : once(() => equalJson(item, was)),
      })
    }
  }

  *#members(
    { schema, properties, values }: Rules,
    { value, field, isUnchanged }: Place & { value: Record<string, unknown> },
    old: Record<string, unknown> | undefined,
  ): Generator<void> {
    const correlatable = schema['x-kubernetes-map-type'] !== 'atomic'
    for (const name of Object.keys(value)) {
      const rules = properties.get(name) ?? values
      if (!rules) continue
      const was = correlatable && old && Object.hasOwn(old, name) ? old[name] : undefined
      yield* this.place(rules, {
        value: value[name],
        field: rules === values ? `${field}[${name}]` : field ? `${field}.${name}` : name,
        old: was,
        isUnchanged: was === undefined ? isUnchanged : once(() => equalJson(value[name], was)),
      })
    }
  }

  #evaluate(
    { schema, type: { type, convert } }: Rules,
    rule: ValidationRule,
    { value, field, old, isUnchanged }: Place,
  ): void {
    const result = compileRule(rule, { schema, type })
    if (result.kind !== 'rule') return
    const { rule: compiled } = result
    const { usesOldSelf } = compiled
    const hasOld = old !== undefined && old !== null
    if (usesOldSelf && !hasOld && !rule.optionalOldSelf) return
    const values = () => {
      const before = hasOld ? convert(old) : undefined
      return [convert(value), rule.optionalOldSelf ? new Optional(before) : (before ?? null)]
    }
    const { errors, budget, warn } = this.#check
    const outcome = evaluateRule(compiled, values, budget)
    if (outcome.kind === 'holds') return
    const { kind, detail } = outcome
    this.#isOver = kind === 'over'
    const path = (field + (kind === 'fails' ? compiled.path : '')).replace(/^\./, '') || '<nil>'
    const shown = schema.type ?? ''
    if (kind !== 'fails') errors.invalid(path, shown, detail)
    else if (usesOldSelf || !isUnchanged()) report(errors, rule.reason, { path, shown, detail })
    else if (this.#warnings++ < MAX_WARNINGS) warn?.(`${path}: Invalid value: "${shown}": ${detail}`)
    if (errors.full) this.#isOver = true
  }
}

function report(
  errors: FieldErrors,
  reason: string | undefined,
  { path, shown, detail }: { path: string; shown: string; detail: string },
): void {
  switch (reason) {
    case 'FieldValueForbidden':
      errors.forbidden(path, detail)
      break
    case 'FieldValueRequired':
      errors.required(path, detail)
      break
    case 'FieldValueDuplicate':
      errors.duplicate(path, shown)
      break
    default:
      errors.invalid(path, shown, detail)
  }
}

/** Asks once, and remembers the answer. */
function once(ask: () => boolean): () => boolean {
  let answer: boolean | undefined
  return () => (answer ??= ask())
}
