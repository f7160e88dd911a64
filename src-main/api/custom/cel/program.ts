import type { Budget } from './budget.ts'
import { CompileError, EvaluationError } from './errors.ts'
import type { Ast } from './parser.ts'
import type { Type } from './types.ts'
import { CelMap, List, type Value } from './values.ts'

/** What an expression is evaluated with: its variables by their slots. */
export interface Frame {
  vars: Value[]
  budget: Budget
}

/** @throws EvaluationError, CostExceeded */
export type Run = (frame: Frame) => Value

/** An expression that was checked: what it gives, and how to get it. */
export interface Program {
  type: Type
  run: Run
  /** It gives this, whatever the variables are. */
  constant?: Value
}

/** The variables that may be used at a place of an expression. */
export class Scope {
  readonly #variables: ReadonlyMap<string, { slot: number; type: Type }>

  constructor(variables: ReadonlyMap<string, { slot: number; type: Type }>) {
    this.#variables = variables
  }

  get(name: string): { slot: number; type: Type } | undefined {
    return this.#variables.get(name)
  }

  /** With one more variable, which hides another of its name. */
  with(name: string, type: Type): { scope: Scope; slot: number } {
    const slots = [...this.#variables.values()].map(({ slot }) => slot)
    const slot = Math.max(-1, ...slots) + 1
    // a hidden variable keeps its slot: it is in use around this scope
    const variables = new Map(this.#variables)
    const hidden = variables.get(name)
    if (hidden) variables.set(`${name} ${slot}`, hidden)
    return { scope: new Scope(variables.set(name, { slot, type })), slot }
  }
}

export type Compile = (ast: Ast, scope: Scope) => Program

/** How much work an error is that something absorbs. */
const ERROR_COST = 150

/** What an expression gives, or the error that it ends with. @throws CostExceeded */
export function attempt(run: Run, frame: Frame): Value | EvaluationError {
  try {
    return run(frame)
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    frame.budget.spend(ERROR_COST)
    return error
  }
}

/** A list's elements with their positions, or a map's keys with their values. */
export interface Range {
  length: number
  /** The element, or the key. */
  item(index: number): Value
  /** The position, or the key. */
  key(index: number): Value
  /** The element, or the value. */
  value(index: number): Value
}

/** @throws EvaluationError */
export function rangeOf(value: Value, { budget }: Frame): Range {
  if (value instanceof List) {
    const item = (index: number) => value.at(index)
    return { length: value.length, item, key: BigInt, value: item }
  }
  if (!(value instanceof CelMap))
    throw new EvaluationError('no such overload: a range that is no list and no map')
  const keys = value.keys()
  budget.spend(keys.length)
  const key = (index: number) => keys[index] as Value
  return { length: keys.length, item: key, key, value: index => value.get(key(index)) as Value }
}

export function noMatch(name: string, args: string, at: number): CompileError {
  return new CompileError(`found no matching overload for '${name}' applied to '${args}'`, at)
}
