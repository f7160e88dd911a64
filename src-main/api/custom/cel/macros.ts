import { CompileError, EvaluationError } from './errors.ts'
import type { Ast } from './parser.ts'
import { loop, type MacroCall, variable } from './loop.ts'
import { attempt, type Frame, type Program, type Run } from './program.ts'
import { formatType, isAssignable, join, listOf, mapOf, optionalOf, type Type, types } from './types.ts'
import { CelMap, List, Optional, type Value } from './values.ts'

type Macro = (call: MacroCall) => Program

function requireBool({ type, run }: Program, at: number): Run {
  if (isAssignable(types.bool, type)) return run
  throw new CompileError(`expected type 'bool' but found '${formatType(type)}'`, at)
}

/** @throws EvaluationError */
function holds(run: Run, frame: Frame): boolean {
  const value = run(frame)
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload: a condition that is no bool')
  return value
}

/** A value that is kept, which takes room. */
function taken(value: Value, { budget }: Frame): Value {
  budget.spend(1)
  return value
}

/** `all` and `exists`: the first element that says `decisive` decides, also when others end in errors. */
const quantifier =
  (names: 1 | 2, decisive: boolean): Macro =>
  call =>
    loop(call, names, inner => {
      const condition = requireBool(inner(0), call.at)
      return {
        type: types.bool,
        run: (frame, elements) => {
          let error: EvaluationError | undefined
          while (elements.next()) {
            const value = attempt(condition, frame)
            if (value === decisive) return decisive
            if (value instanceof EvaluationError) error ??= value
            else if (typeof value !== 'boolean') error ??= new EvaluationError('no such overload: no bool')
          }
          if (error) throw error
          return !decisive
        },
      }
    })

const existsOne =
  (names: 1 | 2): Macro =>
  call =>
    loop(call, names, inner => {
      const condition = requireBool(inner(0), call.at)
      return {
        type: types.bool,
        run: (frame, elements) => {
          let count = 0
          while (elements.next()) if (holds(condition, frame)) count++
          return count === 1
        },
      }
    })

const filter: Macro = call =>
  loop(call, 1, (inner, { item }) => {
    const condition = requireBool(inner(0), call.at)
    const element = call.scope.with(variable(call.args[0]), item).slot
    return {
      type: listOf(item),
      run: (frame, elements) => {
        const found: Value[] = []
        while (elements.next())
          if (holds(condition, frame)) found.push(taken(frame.vars[element] as Value, frame))
        return new List(found)
      },
    }
  })

/** `map` and `transformList`, with a condition before what each element becomes where there is one more argument. */
const mapped =
  (names: 1 | 2): Macro =>
  call =>
    loop(call, names, inner => {
      const { condition, result } = conditional(call, inner, names)
      return {
        type: listOf(result.type),
        run: (frame, elements) => {
          const list: Value[] = []
          while (elements.next())
            if (!condition || holds(condition, frame)) list.push(taken(result.run(frame), frame))
          return new List(list)
        },
      }
    })

function conditional(call: MacroCall, inner: (index: number) => Program, names: number) {
  const hasCondition = call.args.length === names + 2
  const condition = hasCondition ? requireBool(inner(0), call.at) : undefined
  return { condition, result: inner(hasCondition ? 1 : 0) }
}

const transformMap: Macro = call =>
  loop(call, 2, (inner, { key }) => {
    const { condition, result } = conditional(call, inner, 2)
    const slot = call.scope.with(variable(call.args[0]), key).slot
    return {
      type: mapOf(key, result.type),
      run: (frame, elements) => {
        const entries: [Value, Value][] = []
        while (elements.next()) {
          if (!condition || holds(condition, frame))
            entries.push([frame.vars[slot] as Value, taken(result.run(frame), frame)])
        }
        return CelMap.of(entries)
      },
    }
  })

const transformMapEntry: Macro = call =>
  loop(call, 2, inner => {
    const { condition, result } = conditional(call, inner, 2)
    if (!isAssignable(mapOf(types.dyn, types.dyn), result.type)) {
      throw new CompileError(`expected type 'map' but found '${formatType(result.type)}'`, call.at)
    }
    return {
      type: result.type,
      run: (frame, elements) => {
        const entries: [Value, Value][] = []
        while (elements.next()) {
          if (condition && !holds(condition, frame)) continue
          const entry = result.run(frame) as CelMap
          for (const key of entry.keys()) entries.push([key, taken(entry.get(key) as Value, frame)])
        }
        return CelMap.of(entries)
      },
    }
  })

function requireOptional(program: Program, at: number): Type {
  const { type } = program
  if (type === types.dyn) return types.dyn
  if (type.name === 'optional_type') return type.args[0] ?? types.dyn
  throw new CompileError(`expected type 'optional_type' but found '${formatType(type)}'`, at)
}

/** @throws EvaluationError */
function optional(value: Value): Optional {
  if (value instanceof Optional) return value
  throw new EvaluationError('no such overload: a value that is not optional')
}

const optionalMap =
  (flat: boolean): Macro =>
  ({ target, args, at, scope, compile }) => {
    const from = compile(target, scope)
    const inner = scope.with(variable(args[0]), requireOptional(from, at))
    const result = compile(args[1] as Ast, inner.scope)
    if (flat) requireOptional(result, at)
    return {
      type: flat ? result.type : optionalOf(result.type),
      run: frame => {
        const { value } = optional(from.run(frame))
        if (value === undefined) return Optional.none
        frame.vars[inner.slot] = value
        return flat ? optional(result.run(frame)) : new Optional(result.run(frame))
      },
    }
  }

/** What else there is, where the target has no value: looked at only then. */
const otherwise =
  (unwrap: boolean): Macro =>
  ({ target, args, at, scope, compile }) => {
    const from = compile(target, scope)
    const value = requireOptional(from, at)
    const other = compile(args[0] as Ast, scope)
    const type = join(unwrap ? value : from.type, other.type)
    if (!type) throw noOverloadOf(unwrap ? 'orValue' : 'or', { from, other, at })
    return {
      type,
      run: frame => {
        const found = optional(from.run(frame))
        if (found.value === undefined) return other.run(frame)
        return unwrap ? found.value : found
      },
    }
  }

function noOverloadOf(name: string, { from, other, at }: { from: Program; other: Program; at: number }) {
  const applied = `${formatType(from.type)}.(${formatType(other.type)})`
  return new CompileError(`found no matching overload for '${name}' applied to '${applied}'`, at)
}

/** By name and number of arguments. */
const MACROS: Readonly<Partial<Record<string, Macro>>> = {
  'all/2': quantifier(1, false),
  'all/3': quantifier(2, false),
  'exists/2': quantifier(1, true),
  'exists/3': quantifier(2, true),
  'exists_one/2': existsOne(1),
  'existsOne/2': existsOne(1),
  'existsOne/3': existsOne(2),
  'filter/2': filter,
  'map/2': mapped(1),
  'map/3': mapped(1),
  'transformList/3': mapped(2),
  'transformList/4': mapped(2),
  'transformMap/3': transformMap,
  'transformMap/4': transformMap,
  'transformMapEntry/3': transformMapEntry,
  'transformMapEntry/4': transformMapEntry,
  'optMap/2': optionalMap(false),
  'optFlatMap/2': optionalMap(true),
  'or/1': otherwise(false),
  'orValue/1': otherwise(true),
}

export function macro(name: string, args: readonly Ast[]): Macro | undefined {
  return MACROS[`${name}/${args.length}`]
}
