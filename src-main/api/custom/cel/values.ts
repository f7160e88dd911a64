import type { Budget } from './budget.ts'

/** A value of CEL. An int is a bigint, a double a number. */
export type Value =
  | boolean
  | bigint
  | number
  | string
  | null
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | List
  | CelMap
  | CelObject
  | Optional
  | TypeValue
  | Opaque

/** Makes a value of what JSON has, as a schema says. */
export type Convert = (json: unknown) => Value

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

export class Timestamp {
  /** Since the epoch. */
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds
  }
}

export class Duration {
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds
  }
}

export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class Optional {
  static readonly none = new Optional()
  readonly value: Value | undefined
  constructor(value?: Value) {
    this.value = value
  }
}

/** A value of a library: a quantity, an address. `key` is the same for those that are equal. */
export abstract class Opaque {
  abstract readonly type: string
  abstract readonly key: string
}

/** How the elements of a list are told apart, where its schema says that they may stand in any order. */
export type ElementKey = (json: unknown) => string

export class List {
  readonly #items: readonly unknown[]
  readonly #convert: Convert | undefined
  readonly keyOf: ElementKey | undefined

  /** @param convert makes values of the items; without it they are values */
  constructor(items: readonly unknown[], convert?: Convert, keyOf?: ElementKey) {
    this.#items = items
    this.#convert = convert
    this.keyOf = keyOf
  }

  get length(): number {
    return this.#items.length
  }

  at(index: number): Value {
    const item = this.#items[index]
    return this.#convert ? this.#convert(item) : (item as Value)
  }

  values(): Value[] {
    return this.#convert ? this.#items.map(this.#convert) : (this.#items as Value[])
  }

  /** This list and another: a set has each element once, of a map the other's elements take the place of those alike. */
  concat(other: List, budget: Budget): List {
    const { keyOf } = this
    if (!keyOf || this.#convert !== other.#convert) return new List([...this.values(), ...other.values()])
    budget.spendJson(this.#items)
    budget.spendJson(other.#items)
    const byKey = new Map(this.#items.map(item => [keyOf(item), item]))
    for (const item of other.#items) byKey.set(keyOf(item), item)
    return new List([...byKey.values()], this.#convert, keyOf)
  }

  /** The elements by their keys, where their order means nothing. */
  byKey(budget: Budget): Map<string, Value> | undefined {
    const { keyOf } = this
    if (!keyOf) return undefined
    budget.spendJson(this.#items)
    return new Map(this.#items.map((item, index) => [keyOf(item), this.at(index)]))
  }
}

/** A map; of JSON objects and of literals. */
export class CelMap {
  readonly #entries: ReadonlyMap<string, { key: Value; value: Value }> | undefined
  readonly #json: Readonly<Record<string, unknown>>
  readonly #convert: Convert | undefined

  private constructor(
    entries: ReadonlyMap<string, { key: Value; value: Value }> | undefined,
    json: Readonly<Record<string, unknown>> = {},
    convert?: Convert,
  ) {
    this.#entries = entries
    this.#json = json
    this.#convert = convert
  }

  static ofJson(json: Readonly<Record<string, unknown>>, convert: Convert): CelMap {
    return new CelMap(undefined, json, convert)
  }

  static of(entries: Iterable<readonly [key: Value, value: Value]>): CelMap {
    const map = new Map<string, { key: Value; value: Value }>()
    for (const [key, value] of entries) map.set(keyText(key), { key, value })
    return new CelMap(map)
  }

  get size(): number {
    return this.#entries?.size ?? Object.keys(this.#json).length
  }

  get(key: Value): Value | undefined {
    if (this.#entries) return this.#entries.get(keyText(key))?.value
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined
    return this.#convert?.(this.#json[key])
  }

  keys(): Value[] {
    return this.#entries ? [...this.#entries.values()].map(({ key }) => key) : Object.keys(this.#json)
  }
}

/** How a field of an object is called in JSON, and what makes a value of it. */
export interface FieldForm {
  name: string
  convert: Convert
}

/** An object of a schema. */
export class CelObject {
  readonly json: Readonly<Record<string, unknown>>
  /** By the names that expressions use. */
  readonly fields: ReadonlyMap<string, FieldForm>

  constructor(json: Readonly<Record<string, unknown>>, fields: ReadonlyMap<string, FieldForm>) {
    this.json = json
    this.fields = fields
  }

  get(field: string): Value | undefined {
    const form = this.fields.get(field)
    if (!form || !Object.hasOwn(this.json, form.name)) return undefined
    const json = this.json[form.name]
    return json === undefined ? undefined : form.convert(json)
  }
}

/** Whole numbers of any type are one key. */
function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (key instanceof Uint) return `n${key.value}`
  return typeof key === 'boolean' ? `b${key}` : `n${String(key)}`
}

export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
    default:
      return typeNameOfObject(value)
  }
}

function typeNameOfObject(value: Exclude<Value, boolean | bigint | number | string>): string {
  if (value === null) return 'null_type'
  if (value instanceof CelObject) return 'object'
  if (value instanceof List) return 'list'
  if (value instanceof CelMap) return 'map'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Optional) return 'optional_type'
  return value instanceof TypeValue ? 'type' : value.type
}

export type Numeric = bigint | number | Uint

export function isNumber(value: Value): value is Numeric {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint
}

/** Below, at or above 0 as `a` is less than, equal to or more than `b`; NaN when one of them is no number. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  const left = a instanceof Uint ? a.value : a
  const right = b instanceof Uint ? b.value : b
  if (left < right) return -1
  if (left > right) return 1
  // eslint-disable-next-line eqeqeq -- a bigint and a number may be equal
  return left == right ? 0 : NaN
}
