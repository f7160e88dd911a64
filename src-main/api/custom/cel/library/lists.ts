import type { Budget } from '../budget.ts'
import { equals } from '../equality.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { Duration, isNumber, type List, Uint, type Value } from '../values.ts'
import { compare, duration, int, uint } from './operators.ts'

type Comparable = Parameters<typeof compare>[0]

function orderOf(a: Value, b: Value, budget: Budget): number {
  budget.spendText(lengthOf(a) + lengthOf(b))
  return compare(a as Comparable, b as Comparable)
}

const lengthOf = (value: Value) =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length : 0

/** The one that stands before all others when `sign` is 1, behind them when it is -1. @throws EvaluationError */
function extreme(list: List, sign: 1 | -1, budget: Budget): Value {
  budget.spend(list.length)
  if (list.length === 0) throw new EvaluationError(`${sign === 1 ? 'min' : 'max'} called on empty list`)
  return list.values().reduce((best, value) => (orderOf(value, best, budget) * sign < 0 ? value : best))
}

function isSorted(list: List, budget: Budget): boolean {
  budget.spend(list.length)
  const values = list.values()
  return values.every(
    (value, index) => index === 0 || orderOf(values[index - 1] as Value, value, budget) <= 0,
  )
}

/** 0 of nothing: an int, as the elements' type is not known then. @throws EvaluationError */
function sum(list: List, budget: Budget): Value {
  budget.spend(list.length)
  return list.values().reduce<Value>((total, value, index) => (index === 0 ? value : plus(total, value)), 0n)
}

function plus(a: Value, b: Value): Value {
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanoseconds + b.nanoseconds)
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b)
  if (a instanceof Uint && b instanceof Uint) return uint(a.value + b.value)
  if (isNumber(a) && isNumber(b)) return Number(a) + Number(b)
  throw new EvaluationError('no such overload: sum of what are no numbers')
}

function find(list: List, wanted: Value, { last, budget }: { last: boolean; budget: Budget }): bigint {
  for (let step = 0; step < list.length; step++) {
    const index = last ? list.length - 1 - step : step
    if (equals(list.at(index), wanted, budget)) return BigInt(index)
  }
  return -1n
}

/** Whether every element of one list is in the other, which is tried with each: as costly as that. */
function contains(list: List, part: List, budget: Budget): boolean {
  budget.spend(part.length)
  return part.values().every(value => find(list, value, { last: false, budget }) >= 0n)
}

export const lists: FunctionTable = {
  'list<T>.isSorted(): bool': isSorted,
  'list<T>.sum(): T': sum,
  'list<T>.min(): T': (list: List, budget: Budget) => extreme(list, 1, budget),
  'list<T>.max(): T': (list: List, budget: Budget) => extreme(list, -1, budget),
  'list<T>.indexOf(T): int': (list: List, value: Value, budget: Budget) =>
    find(list, value, { last: false, budget }),
  'list<T>.lastIndexOf(T): int': (list: List, value: Value, budget: Budget) =>
    find(list, value, { last: true, budget }),
  'sets.contains(list<T>, list<T>): bool': contains,
  'sets.equivalent(list<T>, list<T>): bool': (a: List, b: List, budget: Budget) =>
    contains(a, b, budget) && contains(b, a, budget),
  'sets.intersects(list<T>, list<T>): bool': (a: List, b: List, budget: Budget) => {
    budget.spend(a.length)
    return a.values().some(value => find(b, value, { last: false, budget }) >= 0n)
  },
}
