import type { StatusCause } from '../../lib/errors.ts'
import { equalJson, isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { JsonSchema } from '../schema.ts'
import { FieldErrors } from './field-errors.ts'
import { formats } from './formats.ts'
import { type Part, type Rule, ruleOf, within } from './schema-rules.ts'

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
}

/** As many as Kubernetes' decoder names. */
const MAX_UNKNOWN = 100

/**
 * Holds an object against a schema. Reads the schema as it goes, so that a large one costs nothing before it is used, and
 * nothing at all where the object says nothing.
 */
export function checkSchema(schema: JsonSchema, value: unknown, check: SchemaCheck): void {
  new Checker(check).value(ruleOf(schema), value, check.old)
}

class Checker {
  readonly #check: SchemaCheck
  /** Where the check is: `.spec`, `[0]`, `[cpu]`. */
  readonly #path: string[] = []

  constructor(check: SchemaCheck) {
    this.#check = check
  }

  /** @param old what the value was; undefined when there was none, or when none can be told to be the same */
  value(rule: Rule, value: unknown, old?: unknown): void {
    const { errors, unknown, leftovers } = this.#check
    if (errors.full) return
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
    for (let index = 0; index < value.length; index++)
      this.#within(`[${index}]`, items, { value: value[index], old: before?.(value[index]) })
  }

  #members({ schema, members, values }: Rule, value: JsonObject, old: unknown): void {
    const isClosed = schema.additionalProperties === false
    const before = earlierMembers(schema, old)
    for (const name of Object.keys(value)) {
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

  #checks({ schema, pattern }: Rule, value: unknown): void {
    const { errors, goTypes } = this.#check
    if (schema.enum && !(goTypes && value === '') && !schema.enum.some(item => equalJson(item, value))) {
      // where a default may take the place of null, null is let in, but is nothing to choose
      const choice = schema.enum.filter(item => item !== null)
      errors.notSupported(
        this.#at(),
        value,
        choice.map(item => (typeof item === 'string' ? item : JSON.stringify(item))),
      )
    }
    if (typeof value === 'string') {
      this.#format(schema, value)
      this.#length(schema, value)
      if (pattern && !pattern.test(value)) this.#fails(value, `should match '${schema.pattern ?? ''}'`)
    } else if (typeof value === 'number') {
      this.#format(schema, value)
      this.#number(schema, value)
    } else if (Array.isArray(value)) this.#count(schema, value)
    else if (isJsonObject(value)) this.#countMembers(schema, value)
    this.#combinations(schema, value)
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
    const causesOf = (schema: JsonSchema) => {
      const check = { ...this.#check, errors: new FieldErrors(), unknown: undefined }
      const checker = new Checker(check)
      checker.#path.push(...this.#path)
      checker.value(ruleOf(schema), value)
      return check.errors.causes
    }
    const fewest = (all: StatusCause[][]) => all.reduce((a, b) => (b.length < a.length ? b : a))
    for (const part of allOf ?? []) errors.causes.push(...causesOf(part))
    if (anyOf) {
      const all = anyOf.map(causesOf)
      if (all.every(({ length }) => length > 0)) {
        this.#fails(value, 'must validate at least one schema (anyOf)')
        errors.causes.push(...fewest(all))
      }
    }
    if (oneOf) {
      const all = oneOf.map(causesOf)
      const valid = all.filter(({ length }) => length === 0).length
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
      if (valid !== 1) this.#fails(value, `must validate one and only one schema (oneOf). ${found}`)
      if (valid === 0) errors.causes.push(...fewest(all))
    }
    if (not && causesOf(not).length === 0) this.#fails(value, 'must not validate the schema (not)')
  }

  /** Wording: k8s.io/kube-openapi pkg/validation/errors. */
  #fails(value: unknown, sentence: string): void {
    const field = this.#at()
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

/** As near as fractions can be told: 0.29 / 0.01 is not quite 29. Source: go-openapi swag, IsFloat64AJSONInteger. */
function isMultiple(value: number, of: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(of)) return value % of === 0
  const times = value / of
  const whole = Math.round(times)
  return Math.abs(times - whole) <= 1e-9 * Math.abs(whole)
}

function isOfTypes(value: unknown, types: readonly string[]): boolean {
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

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** In characters, of which some are two units long. */
function isShorter(text: string, than: number): boolean {
  if (text.length < than) return true
  if (text.length >= 2 * than) return false
  let length = 0
  for (const _character of text) if (++length >= than) return false
  return true
}
