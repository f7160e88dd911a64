import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { CelMap, isNumber, List, Optional, Uint, type Value } from '../values.ts'

function isZero(value: Value, budget: Budget): boolean {
  if (value === null || value === false || value === '') return true
  if (isNumber(value)) return Number(value instanceof Uint ? value.value : value) === 0
  if (value instanceof List || value instanceof Uint8Array) return value.length === 0
  if (!(value instanceof CelMap)) return false
  const { size } = value
  budget.spend(size)
  return size === 0
}

export const optionals: FunctionTable = {
  'optional.none(): optional<T>': () => Optional.none,
  'optional.of(T): optional<T>': (value: Value) => new Optional(value),
  'optional.ofNonZeroValue(T): optional<T>': (value: Value, budget: Budget) =>
    isZero(value, budget) ? Optional.none : new Optional(value),
  'optional<T>.hasValue(): bool': ({ value }: Optional) => value !== undefined,
  'optional<T>.value(): T': ({ value }: Optional) => {
    if (value === undefined) throw new EvaluationError('optional.none() dereference')
    return value
  },
}
