import { CompileError } from './errors.ts'
import { decoded } from './fields.ts'
import type { Ast } from './parser.ts'
import { type Compile, type Frame, type Program, type Range, rangeOf, type Scope } from './program.ts'
import { formatType, type Type, types } from './types.ts'
import type { Value } from './values.ts'

/** A call of a macro: its arguments are no values, but expressions to evaluate for each element. */
export interface MacroCall {
  target: Ast
  args: Ast[]
  at: number
  scope: Scope
  compile: Compile
}

/** How the results for the elements become one. */
export interface Loop {
  run: (frame: Frame, elements: Elements) => Value
  type: Type
}

/** Sets the variables of a loop to one element after another. */
class Elements {
  readonly #frame: Frame
  readonly #range: Range
  /** Of the element; of its position or key, and of itself. */
  readonly #slots: readonly [number] | readonly [number, number]
  #next = 0

  constructor(frame: Frame, range: Range, slots: readonly [number] | readonly [number, number]) {
    this.#frame = frame
    this.#range = range
    this.#slots = slots
  }

  /** False when there is none left. @throws CostExceeded */
  next(): boolean {
    const index = this.#next
    if (index >= this.#range.length) return false
    this.#next = index + 1
    const { vars, budget } = this.#frame
    budget.spend(1)
    const [first, second] = this.#slots
    vars[first] = decoded(second === undefined ? this.#range.item(index) : this.#range.key(index), budget)
    if (second !== undefined) vars[second] = decoded(this.#range.value(index), budget)
    return true
  }
}

/** The name that an argument of a macro gives to a variable. @throws CompileError */
export function variable(ast: Ast | undefined): string {
  if (ast?.op === 'ident') return ast.name
  throw new CompileError('argument must be a simple name', ast?.at ?? 0)
}

/** Runs what is within over all elements of the target, its variables set to one after another. */
export function loop(
  { target, args, scope, compile }: MacroCall,
  names: 1 | 2,
  body: (inner: (index: number) => Program, types: { item: Type; key: Type }) => Loop,
): Program {
  const range = compile(target, scope)
  const { item, key, value } = elementTypes(range.type, target.at)
  const first = scope.with(variable(args[0]), names === 1 ? item : key)
  const second = names === 2 ? first.scope.with(variable(args[1]), value) : undefined
  const inner = (second ?? first).scope
  const slots = second ? ([first.slot, second.slot] as const) : ([first.slot] as const)
  const { run, type } = body(index => compile(args[names + index] as Ast, inner), { item, key })
  return {
    type,
    run: frame => run(frame, new Elements(frame, rangeOf(range.run(frame), frame), slots)),
  }
}

function elementTypes({ name, args }: Type, at: number): { item: Type; key: Type; value: Type } {
  const [first = types.dyn, second = types.dyn] = args
  if (name === 'list') return { item: first, key: types.int, value: first }
  if (name === 'map') return { item: first, key: first, value: second }
  if (name === 'dyn') return { item: types.dyn, key: types.dyn, value: types.dyn }
  const type = formatType({ name, args })
  throw new CompileError(
    `expression of type '${type}' cannot be range of a comprehension (must be list, map, or dynamic)`,
    at,
  )
}
