import type { Budget } from '../budget.ts'
import { equals } from '../equality.ts'
import { decoded } from '../fields.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import {
  type CelMap, compareNumbers, Duration, isNumber, type List, type Numeric, Optional, Timestamp, Uint, type Value,
} from '../values.ts' // prettier-ignore

export const MIN_INT = -(2n ** 63n)
export const MAX_INT = 2n ** 63n - 1n
const MAX_UINT = 2n ** 64n - 1n
/** Years 1 to 9999. */
const MIN_TIME = -62_135_596_800_000_000_000n
const MAX_TIME = 253_402_300_799_999_999_999n

/** @throws EvaluationError */
export function int(value: bigint): bigint {
  if (value < MIN_INT || value > MAX_INT) throw new EvaluationError('integer overflow')
  return value
}

/** @throws EvaluationError */
export function uint(value: bigint): Uint {
  if (value < 0n || value > MAX_UINT) throw new EvaluationError('unsigned integer overflow')
  return new Uint(value)
}

/** @throws EvaluationError */
export function timestamp(nanoseconds: bigint): Timestamp {
  if (nanoseconds < MIN_TIME || nanoseconds > MAX_TIME) throw new EvaluationError('timestamp overflow')
  return new Timestamp(nanoseconds)
}

/** @throws EvaluationError */
export function duration(nanoseconds: bigint): Duration {
  if (nanoseconds < MIN_INT || nanoseconds > MAX_INT) throw new EvaluationError('duration overflow')
  return new Duration(nanoseconds)
}

/** @throws EvaluationError */
function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('division by zero')
  return a / b
}

/** @throws EvaluationError */
function modulus(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('modulus by zero')
  return a % b
}

const arithmetic: FunctionTable = {
  '_+_(int, int): int': (a: bigint, b: bigint) => int(a + b),
  '_-_(int, int): int': (a: bigint, b: bigint) => int(a - b),
  '_*_(int, int): int': (a: bigint, b: bigint) => int(a * b),
  '_/_(int, int): int': (a: bigint, b: bigint) => int(divide(a, b)),
  '_%_(int, int): int': (a: bigint, b: bigint) => modulus(a, b),
  '-_(int): int': (a: bigint) => int(-a),
  '_+_(uint, uint): uint': (a: Uint, b: Uint) => uint(a.value + b.value),
  '_-_(uint, uint): uint': (a: Uint, b: Uint) => uint(a.value - b.value),
  '_*_(uint, uint): uint': (a: Uint, b: Uint) => uint(a.value * b.value),
  '_/_(uint, uint): uint': (a: Uint, b: Uint) => uint(divide(a.value, b.value)),
  '_%_(uint, uint): uint': (a: Uint, b: Uint) => uint(modulus(a.value, b.value)),
  '_+_(double, double): double': (a: number, b: number) => a + b,
  '_-_(double, double): double': (a: number, b: number) => a - b,
  '_*_(double, double): double': (a: number, b: number) => a * b,
  '_/_(double, double): double': (a: number, b: number) => a / b,
  '-_(double): double': (a: number) => -a,
  '_+_(string, string): string': (a: string, b: string) => a + b,
  '_+_(bytes, bytes): bytes': (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]),
  '_+_(list<A>, list<A>): list<A>': (a: List, b: List, budget: Budget) => {
    budget.spend(a.length + b.length)
    return a.concat(b, budget)
  },
  '_+_(timestamp, duration): timestamp': (a: Timestamp, b: Duration) =>
    timestamp(a.nanoseconds + b.nanoseconds),
  '_+_(duration, timestamp): timestamp': (a: Duration, b: Timestamp) =>
    timestamp(a.nanoseconds + b.nanoseconds),
  '_+_(duration, duration): duration': (a: Duration, b: Duration) => duration(a.nanoseconds + b.nanoseconds),
  '_-_(timestamp, timestamp): duration': (a: Timestamp, b: Timestamp) =>
    duration(a.nanoseconds - b.nanoseconds),
  '_-_(timestamp, duration): timestamp': (a: Timestamp, b: Duration) =>
    timestamp(a.nanoseconds - b.nanoseconds),
  '_-_(duration, duration): duration': (a: Duration, b: Duration) => duration(a.nanoseconds - b.nanoseconds),
  '!_(bool): bool': (a: boolean) => !a,
}

const access: FunctionTable = {
  '_==_(A, A): bool': (a: Value, b: Value, budget: Budget) => equals(a, b, budget),
  '_!=_(A, A): bool': (a: Value, b: Value, budget: Budget) => !equals(a, b, budget),
  '@in(A, list<A>): bool': (value: Value, list: List, budget: Budget) => {
    for (let index = 0; index < list.length; index++) if (equals(value, list.at(index), budget)) return true
    return false
  },
  '@in(A, map<A, B>): bool': (key: Value, map: CelMap) => map.get(key) !== undefined,
  '_[_](list<A>, int): A': (list: List, index: Value, budget: Budget) =>
    decoded(elementAt(list, index), budget),
  '_[_](map<A, B>, A): B': (map: CelMap, key: Value, budget: Budget) => decoded(valueAt(map, key), budget),
  '_[_](optional<V>, K): optional<dyn>': (from: Optional, key: Value, budget: Budget) =>
    optionalAt(from.value, key, budget),
  '_[?_](list<A>, int): optional<A>': (list: List, index: Value, budget: Budget) =>
    optionalAt(list, index, budget),
  '_[?_](map<A, B>, A): optional<B>': (map: CelMap, key: Value, budget: Budget) =>
    optionalAt(map, key, budget),
  '_[?_](optional<V>, K): optional<dyn>': (from: Optional, key: Value, budget: Budget) =>
    optionalAt(from.value, key, budget),
}

/** @throws EvaluationError */
function elementAt(list: List, index: Value): Value {
  const number = isNumber(index) ? indexOf(index) : NaN
  if (number >= 0 && number < list.length) return list.at(number)
  throw new EvaluationError(`index out of bounds: ${isNumber(index) ? String(indexOf(index)) : 'no number'}`)
}

const indexOf = (index: Numeric) => Number(index instanceof Uint ? index.value : index)

/** @throws EvaluationError */
function valueAt(map: CelMap, key: Value): Value {
  const value = map.get(key)
  if (value === undefined) throw noSuchKey(key)
  return value
}

export function noSuchKey(key: Value): EvaluationError {
  return new EvaluationError(`no such key: ${key instanceof Uint ? key.value : String(key)}`)
}

/** What is there, or nothing: an element of a list, a value of a map. */
export function optionalAt(from: Value | undefined, key: Value, budget: Budget): Optional {
  if (from === undefined) return Optional.none
  if (typeof from === 'object' && from !== null && 'keys' in from) {
    const value = decoded((from as CelMap).get(key), budget)
    return value === undefined ? Optional.none : new Optional(value)
  }
  const list = from as List
  const index = isNumber(key) ? indexOf(key) : -1
  return index >= 0 && index < list.length ? new Optional(decoded(list.at(index), budget)) : Optional.none
}

const ORDERED = ['bool', 'string', 'bytes', 'timestamp', 'duration']
const NUMBERS = ['int', 'uint', 'double']

type Ordered = boolean | string | Uint8Array | Timestamp | Duration | Numeric

/** Below, at or above 0 as `a` comes before, with or behind `b`, which is of the same type or a number too. */
export function compare(a: Ordered, b: Ordered): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  const [left, right] = [a, b].map(value =>
    value instanceof Timestamp || value instanceof Duration ? value.nanoseconds : Number(value),
  ) as [bigint | number, bigint | number]
  return left < right ? -1 : left > right ? 1 : 0
}

function comparisons(): FunctionTable {
  const pairs = [
    ...ORDERED.map(type => [type, type]),
    ...NUMBERS.flatMap(left => NUMBERS.map(right => [left, right])),
  ]
  return Object.fromEntries(
    pairs.flatMap(pair => [
      [`_<_(${pair.join(', ')}): bool`, (a: Ordered, b: Ordered) => compare(a, b) < 0],
      [`_<=_(${pair.join(', ')}): bool`, (a: Ordered, b: Ordered) => compare(a, b) <= 0],
      [`_>_(${pair.join(', ')}): bool`, (a: Ordered, b: Ordered) => compare(a, b) > 0],
      [`_>=_(${pair.join(', ')}): bool`, (a: Ordered, b: Ordered) => compare(a, b) >= 0],
    ]),
  )
}

export const operators: readonly FunctionTable[] = [arithmetic, access, comparisons()]
