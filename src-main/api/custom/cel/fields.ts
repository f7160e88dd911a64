import type { Budget } from './budget.ts'
import { CompileError, EvaluationError } from './errors.ts'
import type { Ast } from './parser.ts'
import type { Frame } from './program.ts'
import { formatType, type Type, types } from './types.ts'
import { CelMap, CelObject, Optional, type Value } from './values.ts'

/** The type of a field; `dyn` where only the value will tell. @throws CompileError */
export function fieldType({ name, args, fields }: Type, { field, at }: Ast & { op: 'select' }): Type {
  if (fields) {
    const type = fields.get(field)
    if (!type) throw new CompileError(`undefined field '${field}'`, at)
    return type
  }
  if (name === 'map') return args[1] ?? types.dyn
  if (name === 'dyn') return types.dyn
  throw new CompileError(`type '${formatType({ name, args })}' does not support field selection`, at)
}

/** A value that was made of JSON: bytes are decoded each time, and take room. @throws CostExceeded */
export function decoded<T extends Value | undefined>(value: T, budget: Budget): T {
  if (value instanceof Uint8Array) budget.spendText(value.length)
  return value
}

/** undefined when it is not there. @throws EvaluationError */
export function fieldOf(from: Value, field: string, frame: Frame): Value | undefined {
  frame.budget.spend(1)
  if (from instanceof CelObject || from instanceof CelMap) return decoded(from.get(field), frame.budget)
  if (from instanceof Optional)
    return from.value === undefined ? undefined : fieldOf(from.value, field, frame)
  throw new EvaluationError(`no such overload: selection of '${field}'`)
}
