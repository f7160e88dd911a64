import {
  type GoRegExp,
  goRegExp,
  GoRegExpError,
  isCompiled,
  matchingWork,
} from '../../../validation/go-regexp.ts'
import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'

const MAX_LENGTH = 10_000

/** The pattern, ready to be held against the text, the work of which is taken from the budget. @throws EvaluationError */
export function matcher(pattern: string, text: string, budget: Budget): GoRegExp {
  const isNew = !isCompiled(pattern)
  const expression = compilePattern(pattern)
  if (isNew) budget.spend(1000 + expression.programSize() * 20)
  budget.spend(matchingWork(expression, text))
  return expression
}

/** @throws EvaluationError */
export function compilePattern(pattern: string): GoRegExp {
  if (pattern.length > MAX_LENGTH) throw new EvaluationError('the pattern is too long')
  try {
    return goRegExp(pattern)
  } catch (error) {
    if (error instanceof GoRegExpError) throw new EvaluationError(error.message)
    throw error
  }
}
