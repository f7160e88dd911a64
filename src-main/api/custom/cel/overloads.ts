import type { Budget } from './budget.ts'
import { EvaluationError } from './errors.ts'
import { isAssignable, isDynamic, parseType, splitTypes, substitute, type Type, types } from './types.ts'
import { type Value, typeNameOf } from './values.ts'

/**
 * What a function does; the budget comes behind its arguments. A method's type, so that each may name the types of its
 * own arguments: they were checked.
 */
type Run = { run(...args: (Value | Budget)[]): Value }['run']

/** Functions by their signatures: `string.charAt(int): string`, `sets.contains(list<T>, list<T>): bool`. */
export type FunctionTable = Readonly<Record<string, Run>>

export interface Overload {
  /** The receiver's first. */
  params: readonly Type[]
  result: Type
  run: Run
}

/** The functions that expressions may call. */
export class Functions {
  readonly #functions = new Map<string, Overload[]>()
  readonly #methods = new Map<string, Overload[]>()

  constructor(tables: readonly FunctionTable[]) {
    for (const table of tables) {
      for (const [signature, run] of Object.entries(table)) this.#add(signature, run)
    }
  }

  #add(signature: string, run: Run): void {
    const [, left = '', params = '', result = ''] = /^(.*?)\((.*)\): (.+)$/.exec(signature) ?? []
    const dot = left.lastIndexOf('.')
    const receiver = left.slice(0, Math.max(dot, 0))
    const isMethod = receiver !== '' && !NAMESPACES.has(receiver)
    const name = isMethod ? left.slice(dot + 1) : left
    const overload: Overload = {
      params: [...(isMethod ? [receiver] : []), ...splitTypes(params)].map(parseType),
      result: parseType(result),
      run,
    }
    const known = isMethod ? this.#methods : this.#functions
    known.set(name, [...(known.get(name) ?? []), overload])
  }

  /** Those that are called by that name alone, or as `sets.contains`. */
  named(name: string): readonly Overload[] | undefined {
    return this.#functions.get(name)
  }

  /** Those that are called on a value. */
  methods(name: string): readonly Overload[] | undefined {
    return this.#methods.get(name)
  }
}

/** What stands before the dot of a function that is none of a value's. */
export const NAMESPACES: ReadonlySet<string> = new Set(['optional', 'sets', 'strings', 'format', 'ip'])

/** The overloads that may take arguments of those types, and what they give. */
export function matching(
  overloads: readonly Overload[],
  args: readonly Type[],
): { candidates: Overload[]; result: Type } | undefined {
  const found = overloads.flatMap(overload => {
    if (overload.params.length !== args.length) return []
    const bindings = new Map<string, Type>()
    const fits = overload.params.every((param, index) => isAssignable(param, args[index] as Type, bindings))
    return fits ? [{ overload, result: substitute(overload.result, bindings) }] : []
  })
  const [first] = found
  if (!first) return undefined
  const isOne = found.every(({ result }) => result.name === first.result.name)
  return { candidates: found.map(({ overload }) => overload), result: isOne ? first.result : types.dyn }
}

/** Calls a function with what its arguments give. */
export type Call = (values: readonly Value[], budget: Budget) => Value

/** Which of the overloads is called the arguments say, where their types are not known before. */
export function callOf(name: string, candidates: readonly Overload[], args: readonly Type[]): Call {
  const [only] = candidates
  if (candidates.length === 1 && only && !args.some(isDynamic)) return callsOf(only)
  const calls = candidates.map(callsOf)
  return (values, budget) => {
    const names = values.map(typeNameOf)
    const index = candidates.findIndex(({ params }) =>
      params.every((param, index) => accepts(param, names[index])),
    )
    const call = calls[index]
    if (!call) throw new EvaluationError(`no such overload: ${name}(${names.join(', ')})`)
    return call(values, budget)
  }
}

function accepts(param: Type, name: string | undefined): boolean {
  return param.isParameter === true || param === types.dyn || param.name === name
}

/** Two arguments are what most functions have. */
function callsOf({ run, params }: Overload): Call {
  if (params.length === 2) {
    return ([first, second], budget) => {
      budget.spend(1 + (textOf(first as Value) + textOf(second as Value)) / 10)
      return run(first as Value, second as Value, budget)
    }
  }
  return (values, budget) => {
    budget.spendText(values.reduce<number>((length, value) => length + textOf(value), 0))
    return run(...values, budget)
  }
}

const textOf = (value: Value) => (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0)
