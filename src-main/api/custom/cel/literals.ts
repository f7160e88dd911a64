import type { Budget } from './budget.ts'
import { CompileError, EvaluationError } from './errors.ts'
import { compilePattern } from './library/patterns.ts'
import { parseDuration, parseTimestamp } from './library/times.ts'
import type { Ast } from './parser.ts'
import type { Program } from './program.ts'
import { Uint, type Value } from './values.ts'

/** What the last argument of a function has to be, where it is a literal. */
const CHECKS: Readonly<Record<string, (text: string, budget: Budget) => unknown>> = {
  matches: checkPattern,
  find: checkPattern,
  findAll: checkPattern,
  duration: parseDuration,
  timestamp: parseTimestamp,
}

/** Finds the patterns and times that no evaluation could read. @throws CompileError, CostExceeded */
export function checkLiterals(
  { name, at }: { name: string; at: number },
  args: readonly Program[],
  budget: Budget,
): void {
  const check = CHECKS[name]
  const text = args[name === 'find' || name === 'findAll' ? 1 : args.length - 1]?.constant
  if (!check || typeof text !== 'string') return
  try {
    check(text, budget)
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    throw new CompileError(`invalid ${name} argument: ${error.message}`, at)
  }
}

function checkPattern(text: string, budget: Budget): void {
  budget.spend(compilePattern(text).programSize())
}

const LITERALS: Readonly<Record<(Ast & { op: 'literal' })['kind'], (text: string) => Value>> = {
  null: () => null,
  bool: text => text === 'true',
  int: text => (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)),
  uint: text => new Uint(BigInt(text)),
  double: Number,
  string: text => text,
  bytes: text => Buffer.from(text, 'latin1'),
}

/** @throws CompileError */
export function literal({ kind, text, at }: Ast & { op: 'literal' }): Value {
  const value = LITERALS[kind](text)
  const outOfRange =
    (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) ||
    (value instanceof Uint && BigInt.asUintN(64, value.value) !== value.value)
  if (outOfRange) throw new CompileError(`Syntax error: invalid ${kind} literal`, at)
  return value
}
