import type { Budget } from './budget.ts'
import { CompileError, EvaluationError } from './errors.ts'
import { compilePattern } from './library/patterns.ts'
import { parseDuration, parseTimestamp } from './library/times.ts'
import type { Program } from './program.ts'

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
