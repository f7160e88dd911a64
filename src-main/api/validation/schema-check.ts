import type { StatusCause } from '../../lib/errors.ts'
import { equalJson, isJsonObject, type JsonObject } from '../../lib/json.ts'
import { Budget } from '../custom/cel/budget.ts'
import { CostExceeded } from '../custom/cel/errors.ts'
import type { JsonSchema } from '../schema.ts'
import { FieldErrors } from './field-errors.ts'
import { formats } from './formats.ts'
import { type GoRegExp, matchingWork } from './go-regexp.ts'
import { isMultiple, isOfTypes, isShorter, typeName } from './schema-values.ts'
import { type Choice, type Part, type Rule, ruleOf, within } from './schema-rules.ts'

/** How a schema is held against an object. */
export interface SchemaCheck {
  /** Those of the API's own kinds are Go's types: the empty string is an absent value, and a status needs nothing. */
  goTypes: boolean
  errors: FieldErrors
  /** Takes the paths of members that the schema does not have, such as `spec.replicass`. */
  unknown?: string[]
  /**
   * What the value was before. What is wrong with a part that is as it was is let be, so that objects outlive a change of
   * their schema. Source: apiextensions-apiserver pkg/apiserver/validation/ratcheting.go.
   */
  old?: unknown
  /** Takes the paths of members that the schema does not have and that were there before, with the same value. */
  leftovers?: string[]
  /** What is left for several checks together, where there is more than one. */
  budget?: Budget
}

/**
 * As much as it may be to hold an object against its schema, which is done in one go. An object has 32,000 values at most
 * and a few million characters: going through all of them once takes a part of this, a pattern for every name in it too.
 * Only a schema of many alternatives, or of patterns that repeat much, comes to more.
 */
export const CHECK_BUDGET = 3_000_000
/** What an alternative, or a fault, is beside the values that are looked at. */
const ALTERNATIVE_WORK = 30
const FAULT_WORK = 30

/** As many as Kubernetes' decoder names. */
const MAX_UNKNOWN = 100

/**
 * Holds an object against a schema. Reads the schema as it goes, so that a large one costs nothing before it is used, and
 * nothing at all where the object says nothing.
 */
export function checkSchema(schema: JsonSchema, value: unknown, check: SchemaCheck): void {
  const checker = new Checker(check, check.budget ?? new Budget(CHECK_BUDGET))
  try {
    checker.value(ruleOf(schema), value, check.old)
  } catch (error) {
    if (!(error instanceof CostExceeded)) throw error
    // of no field: the rest of the object was not looked at either
    check.errors.forbidden('<nil>', tooMuchWork(checker.place))
  }
}

function tooMuchWork(place: string): string {
  return `holding it to its schema is too much work${place && ` at ${place}`}: let it have fewer elements or shorter texts there, or its schema fewer alternatives and patterns that repeat less`
}

class Checker {
  readonly #check: SchemaCheck
  readonly #budget: Budget
  /** Where the check is: `.spec`, `[0]`, `[cpu]`. */
  readonly #path: string[] = []

  constructor(check: SchemaCheck, budget: Budget) {
    this.#check = check
    this.#budget = budget
  }

  get place(): string {
    return this.#at()
  }

  /**
   * @param old what the value was; undefined when there was none, or when none can be told to be the same
   * @throws CostExceeded
   */
  value(rule: Rule, value: unknown, old?: unknown): void {
    const { errors, unknown, leftovers } = this.#check
    if (errors.full) return
    this.#budget.spend(1)
    const before = { causes: errors.causes.length, unknown: unknown?.length ?? 0 }
    this.#judge(rule, value, old)
    if (old === undefined) return
    const isRight = errors.causes.length === before.causes && (unknown?.length ?? 0) === before.unknown
    if (isRight || !equalJson(value, old)) return
    errors.causes.length = before.causes
    if (unknown) leftovers?.push(...unknown.splice(before.unknown))
  }

  #judge(rule: Rule, value: unknown, old: unknown): void {
    if (rule.types.length > 0 && !isOfTypes(value, rule.types)) {
      this.#wrongType(rule.schema, value)
      return
    }
    if (rule.hasChecks) this.#checks(rule, value)
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) this.#items(rule, value, old)
    else this.#members(rule, value as JsonObject, old)
  }

  #items({ items, schema }: Rule, value: unknown[], old: unknown): void {
    if (!items) return
    const before = earlierElements(schema, old)
    if (before) this.#budget.spend(value.length * (schema['x-kubernetes-list-map-keys']?.length ?? 0))
    for (let index = 0; index < value.length; index++)
      this.#within(`[${index}]`, items, { value: value[index], old: before?.(value[index]) })
  }

  #members({ schema, members, values }: Rule, value: JsonObject, old: unknown): void {
    const isClosed = schema.additionalProperties === false
    const before = earlierMembers(schema, old)
    const names = Object.keys(value)
    this.#budget.spend(names.length + (schema.required?.length ?? 0))
    for (const name of names) {
      const member = members.get(name) ?? values
      const was = before?.(name)
      if (member) {
        if (value[name] !== undefined)
          this.#within(member.step || `[${name}]`, member, { value: value[name], old: was })
      } else if (isClosed) this.#unknown(name, was !== undefined && equalJson(value[name], was))
    }
    if (!schema.required || (this.#check.goTypes && this.#path[0] === '.status')) return
    for (const name of schema.required) {
      if (value[name] === undefined) this.#check.errors.required(this.#at(`.${name}`))
    }
  }

  #unknown(name: string, isLeftOver: boolean): void {
    const { unknown, leftovers } = this.#check
    const paths = isLeftOver ? leftovers : unknown
    if (paths && paths.length < MAX_UNKNOWN) paths.push(this.#at(`.${name}`))
  }

  #within(step: string, part: Part, { value, old }: { value: unknown; old: unknown }): void {
    this.#path.push(step)
    this.value(within(part), value, old)
    this.#path.pop()
  }

  #at(step = ''): string {
    return (this.#path.join('') + step).replace(/^\./, '')
  }

  #wrongType({ type, format }: JsonSchema, value: unknown): void {
    this.#check.errors.typeInvalid(
      this.#at(),
      value,
      `must be of type ${format ?? String(type)}, but is ${typeName(value)}`,
    )
  }

  #checks({ schema, pattern, choice }: Rule, value: unknown): void {
    if (choice && !(this.#check.goTypes && value === '') && !this.#isOneOf(choice, value)) {
      this.#budget.spend(FAULT_WORK + choice.shown.length)
      this.#check.errors.notSupported(this.#at(), value, choice.shown)
    }
    if (typeof value === 'string') {
      this.#budget.spendText(value.length)
      this.#format(schema, value)
      this.#length(schema, value)
      if (pattern && !this.#matches(pattern, value)) {
        this.#fails(value, `should match '${schema.pattern ?? ''}'`)
      }
    } else if (typeof value === 'number') {
      this.#format(schema, value)
      this.#number(schema, value)
    } else if (Array.isArray(value)) this.#count(schema, value)
    else if (isJsonObject(value)) this.#countMembers(schema, value)
    this.#combinations(schema, value)
  }

  #isOneOf({ plain, others, size }: Choice, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return plain.has(value)
    this.#budget.spend(size)
    return others.some(item => equalJson(item, value))
  }

  /** A character costs a unit even where the pattern is small. */
  #matches(pattern: GoRegExp, text: string): boolean {
    this.#budget.spend(Math.max(text.length, matchingWork(pattern, text)))
    return pattern.test(text)
  }

  #format({ type, format }: JsonSchema, value: string | number): void {
    const known = format === undefined ? undefined : formats[format]
    if (!known || known.type !== typeof value || known.holds(value as never)) return
    const { errors } = this.#check
    if (format === 'byte') errors.invalid(this.#at(), value, 'illegal base64 data')
    else if (format === 'quantity') errors.invalid(this.#at(), value, NO_QUANTITY)
    else this.#wrongType({ type, format }, value)
  }

  #length({ minLength, maxLength }: JsonSchema, value: string): void {
    if (minLength !== undefined && isShorter(value, minLength)) {
      this.#fails(value, `should be at least ${minLength} chars long`)
    }
    if (maxLength !== undefined && !isShorter(value, maxLength + 1)) {
      this.#fails(value, `may not be more than ${maxLength} chars long`)
    }
  }

  #number(schema: JsonSchema, value: number): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
    if (minimum !== undefined && value < minimum) {
      this.#fails(value, `should be greater than or equal to ${minimum}`)
    }
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
      this.#fails(value, `should be greater than ${exclusiveMinimum}`)
    }
    if (maximum !== undefined && value > maximum) {
      this.#fails(value, `should be less than or equal to ${maximum}`)
    }
    if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
      this.#fails(value, `should be less than ${exclusiveMaximum}`)
    }
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
      this.#fails(value, `should be a multiple of ${multipleOf}`)
    }
  }

  #count({ minItems, maxItems }: JsonSchema, { length }: unknown[]): void {
    if (minItems !== undefined && length < minItems) {
      this.#fails(`${length} items`, `should have at least ${minItems} items`)
    }
    if (maxItems !== undefined && length > maxItems) {
      this.#check.errors.tooMany(this.#at(), length, maxItems)
    }
  }

  #countMembers({ minProperties, maxProperties }: JsonSchema, value: object): void {
    if (minProperties === undefined && maxProperties === undefined) return
    const count = Object.keys(value).length
    this.#budget.spend(count)
    if (minProperties !== undefined && count < minProperties) {
      this.#fails(value, `should have at least ${minProperties} properties`)
    }
    if (maxProperties !== undefined && count > maxProperties) {
      this.#fails(value, `should have at most ${maxProperties} properties`)
    }
  }

  /** What is wrong with the best of several alternatives is told too. */
  #combinations({ allOf, anyOf, oneOf, not }: JsonSchema, value: unknown): void {
    const { errors } = this.#check
    for (const part of allOf ?? []) errors.take(this.#causesOf(part, value))
    if (anyOf) {
      const { valid, fewest } = this.#alternatives(anyOf, value, 1)
      if (valid === 0) {
        this.#fails(value, 'must validate at least one schema (anyOf)')
        errors.take(fewest)
      }
    }
    if (oneOf) {
      const { valid, fewest } = this.#alternatives(oneOf, value)
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
      if (valid !== 1) this.#fails(value, `must validate one and only one schema (oneOf). ${found}`)
      if (valid === 0) errors.take(fewest)
    }
    if (not && this.#causesOf(not, value).length === 0)
      this.#fails(value, 'must not validate the schema (not)')
  }

  /** How many of the alternatives let the value in, as far as somebody asks, and what is wrong by the best of them. */
  #alternatives(schemas: readonly JsonSchema[], value: unknown, enough = Infinity) {
    let valid = 0
    let fewest: readonly StatusCause[] | undefined
    for (const schema of schemas) {
      const causes = this.#causesOf(schema, value)
      if (causes.length === 0 && ++valid === enough) break
      if (!fewest || causes.length < fewest.length) fewest = causes
    }
    return { valid, fewest: fewest ?? [] }
  }

  #causesOf(schema: JsonSchema, value: unknown): readonly StatusCause[] {
    this.#budget.spend(ALTERNATIVE_WORK)
    const check = { ...this.#check, errors: new FieldErrors(), unknown: undefined }
    const checker = new Checker(check, this.#budget)
    checker.#path.push(...this.#path)
    checker.value(ruleOf(schema), value)
    this.#budget.spend(FAULT_WORK * check.errors.causes.length)
    return check.errors.causes
  }

  /** Wording: k8s.io/kube-openapi pkg/validation/errors. */
  #fails(value: unknown, sentence: string): void {
    const field = this.#at()
    if (typeof value === 'object' && value !== null) this.#budget.spend(Object.keys(value).length)
    this.#check.errors.invalid(field, value, `${field} in body ${sentence}`)
  }
}

/** Finds what an element was, where elements are told apart by keys. */
function earlierElements(
  { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys }: JsonSchema,
  old: unknown,
): ((element: unknown) => unknown) | undefined {
  if (type !== 'map' || !keys || !Array.isArray(old)) return undefined
  const keyOf = (element: unknown) =>
    JSON.stringify(keys.map(key => (isJsonObject(element) ? element[key] : undefined)))
  const before = new Map(old.map(element => [keyOf(element), element as unknown]))
  return element => before.get(keyOf(element))
}

/** Finds what a member was, where members are values of their own. */
function earlierMembers(schema: JsonSchema, old: unknown): ((name: string) => unknown) | undefined {
  if (schema['x-kubernetes-map-type'] === 'atomic' || !isJsonObject(old)) return undefined
  return name => (Object.hasOwn(old, name) ? old[name] : undefined)
}

const NO_QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
