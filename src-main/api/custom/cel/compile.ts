import { Budget } from './budget.ts'
import { CompileError, EvaluationError, NotEvaluated } from './errors.ts'
import { isKnownElsewhere, library } from './library/index.ts'
import { noSuchKey } from './library/operators.ts'
import { fieldOf, fieldType } from './fields.ts'
import { checkLiterals, literal } from './literals.ts'
import { macro } from './macros.ts'
import { callOf, matching, NAMESPACES } from './overloads.ts'
import { type Ast, parse } from './parser.ts'
import { attempt, noMatch, type Program, Scope } from './program.ts'
import {
  formatType,
  isAssignable,
  join,
  listOf,
  mapOf,
  optionalOf,
  type Type,
  TYPE_NAMES,
  types,
} from './types.ts'
import { CelMap, List, Optional, TypeValue, type Value } from './values.ts'

/** An expression that can be evaluated. */
export interface Expression {
  type: Type
  /** The variables that it uses. */
  uses: ReadonlySet<string>
  /** @param values those of the variables, in their order. @throws EvaluationError, CostExceeded */
  evaluate(values: readonly Value[], budget: Budget): Value
}

/** How deep a tree may be. */
const MAX_DEPTH = 1000

/**
 * Reads an expression and checks that its types fit together.
 * @param budget for compiling: a unit is a character, or a step of a pattern
 * @throws CompileError; NotEvaluated; CostExceeded
 */
export function compile(
  text: string,
  variables: readonly (readonly [name: string, type: Type])[],
  budget = new Budget(Infinity),
): Expression {
  budget.spend(text.length)
  const slots = variables.map(([name, type], slot) => [name, { slot, type }] as const)
  const compiler = new Compiler(new Set(variables.map(([name]) => name)), budget)
  const { type, run } = compiler.compile(parse(text), new Scope(new Map(slots)))
  return {
    type,
    uses: compiler.uses,
    evaluate: (values, budget) => run({ vars: [...values], budget }),
  }
}

class Compiler {
  readonly uses = new Set<string>()
  readonly #globals: ReadonlySet<string>
  readonly #budget: Budget
  #depth = 0

  constructor(globals: ReadonlySet<string>, budget: Budget) {
    this.#globals = globals
    this.#budget = budget
  }

  readonly compile = (ast: Ast, scope: Scope): Program => {
    if (++this.#depth > MAX_DEPTH) throw new CompileError('expression is nested too deep', ast.at)
    const program = this.#node(ast, scope)
    this.#depth--
    return program
  }

  #node(ast: Ast, scope: Scope): Program {
    switch (ast.op) {
      case 'literal':
        return constant(types[ast.kind], literal(ast))
      case 'ident':
        return this.#ident(ast, scope)
      case 'select':
        return typeNamed(ast, scope) ?? this.#select(ast, scope)
      case 'list':
        return this.#list(ast, scope)
      case 'map':
        return this.#map(ast, scope)
      case 'call':
        return this.#call(ast, scope)
    }
  }

  #ident({ name, at }: Ast & { op: 'ident' }, scope: Scope): Program {
    const variable = scope.get(name)
    if (variable) {
      if (this.#globals.has(name)) this.uses.add(name)
      const { slot, type } = variable
      return { type, run: ({ vars }) => vars[slot] as Value }
    }
    if (TYPE_NAMES.has(name)) return constant(types.type, new TypeValue(name))
    throw new CompileError(`undeclared reference to '${name}' (in container '')`, at)
  }

  #select(ast: Ast & { op: 'select' }, scope: Scope): Program {
    const { field, optional } = ast
    const target = this.compile(ast.target, scope)
    const fromOptional = target.type.name === 'optional_type'
    const type = fieldType(fromOptional ? (target.type.args[0] ?? types.dyn) : target.type, ast)
    if (optional || fromOptional) {
      return {
        type: type.name === 'optional_type' ? type : optionalOf(type),
        run: frame => {
          const value = fieldOf(target.run(frame), field, frame)
          return value === undefined ? Optional.none : new Optional(value)
        },
      }
    }
    return {
      type,
      run: frame => {
        const from = target.run(frame)
        const value = fieldOf(from, field, frame)
        if (value === undefined && !(from instanceof Optional)) throw noSuchKey(field)
        return from instanceof Optional ? new Optional(value) : (value as Value)
      },
    }
  }

  #has(args: Ast[], scope: Scope, at: number): Program {
    const [ast] = args
    if (args.length !== 1 || ast?.op !== 'select') {
      throw new CompileError('invalid argument to has() macro', at)
    }
    const target = this.compile(ast.target, scope)
    const isOptional = target.type.name === 'optional_type'
    fieldType(isOptional ? (target.type.args[0] ?? types.dyn) : target.type, ast)
    return { type: types.bool, run: frame => fieldOf(target.run(frame), ast.field, frame) !== undefined }
  }

  #list({ items }: Ast & { op: 'list' }, scope: Scope): Program {
    const programs = items.map(({ value }) => this.compile(value, scope))
    const optional = items.map(item => item.optional)
    const type = listOf(
      joinAll(programs.map((program, index) => (optional[index] ? unwrapped(program.type) : program.type))),
    )
    if (programs.every((program, index) => program.constant !== undefined && !optional[index])) {
      return constant(type, new List(programs.map(program => program.constant as Value)))
    }
    return {
      type,
      run: frame => {
        frame.budget.spend(1 + programs.length)
        const values = programs.map(program => program.run(frame))
        const present = values.map((value, index) => (optional[index] ? unwrap(value) : value))
        return new List(present.filter(value => value !== undefined))
      },
    }
  }

  #map({ entries }: Ast & { op: 'map' }, scope: Scope): Program {
    const programs = entries.map(({ key, value, optional }) => ({
      key: this.compile(key, scope),
      value: this.compile(value, scope),
      optional,
    }))
    const valueTypes = programs.map(({ value, optional }) => (optional ? unwrapped(value.type) : value.type))
    return {
      type: mapOf(joinAll(programs.map(({ key }) => key.type)), joinAll(valueTypes)),
      run: frame => {
        frame.budget.spend(1 + programs.length)
        const pairs = programs.map(({ key, value, optional }) => {
          const found = value.run(frame)
          return [key.run(frame), optional ? unwrap(found) : found] as const
        })
        return CelMap.of(pairs.filter((pair): pair is readonly [Value, Value] => pair[1] !== undefined))
      },
    }
  }

  #call(ast: Ast & { op: 'call' }, scope: Scope): Program {
    const { name, target, args, at } = ast
    if (target) {
      const namespace = target.op === 'ident' && !scope.get(target.name) ? target.name : undefined
      if (namespace !== undefined && NAMESPACES.has(namespace)) {
        return this.#function({ name: `${namespace}.${name}`, args, at }, scope)
      }
      const expanded = macro(name, args)
      if (expanded) return expanded({ target, args, at, scope, compile: this.compile })
      return this.#function({ name, target, args, at }, scope)
    }
    if (name === 'has') return this.#has(args, scope, at)
    if (name === '_&&_' || name === '_||_') return this.#logical(ast, scope)
    if (name === '_?_:_') return this.#choice(ast, scope)
    return this.#function(ast, scope)
  }

  #function(
    { name, target, args, at }: { name: string; target?: Ast; args: Ast[]; at: number },
    scope: Scope,
  ): Program {
    const overloads = target ? library.methods(name) : library.named(name)
    if (!overloads) {
      if (isKnownElsewhere(name)) throw new NotEvaluated(name)
      throw new CompileError(`undeclared reference to '${name}' (in container '')`, at)
    }
    const programs = [...(target ? [target] : []), ...args].map(arg => this.compile(arg, scope))
    const argTypes = programs.map(({ type }) => type)
    const match = matching(overloads, argTypes)
    if (!match) throw noMatch(name, shownTypes(argTypes, target !== undefined), at)
    checkLiterals({ name, at }, programs, this.#budget)
    const call = callOf(name, match.candidates, argTypes)
    const [first, second] = programs.map(({ run }) => run)
    if (programs.length === 2 && first && second) {
      return { type: match.result, run: frame => call([first(frame), second(frame)], frame.budget) }
    }
    return {
      type: match.result,
      run: frame =>
        call(
          programs.map(({ run }) => run(frame)),
          frame.budget,
        ),
    }
  }

  /** The first operand that decides does so, also when others end in errors. */
  #logical({ name, args, at }: Ast & { op: 'call' }, scope: Scope): Program {
    const decisive = name === '_||_'
    const programs = args.map(arg => this.compile(arg, scope))
    const argTypes = programs.map(({ type }) => type)
    if (!argTypes.every(type => isAssignable(types.bool, type))) {
      throw noMatch(name, shownTypes(argTypes, false), at)
    }
    const runs = programs.map(({ run }) => run)
    return {
      type: types.bool,
      run: frame => {
        let error: EvaluationError | undefined
        for (const run of runs) {
          const value = attempt(run, frame)
          if (value === decisive) return decisive
          if (value instanceof EvaluationError) error ??= value
          else if (typeof value !== 'boolean') error ??= new EvaluationError(`no such overload: ${name}`)
        }
        if (error) throw error
        return !decisive
      },
    }
  }

  #choice({ args, at }: Ast & { op: 'call' }, scope: Scope): Program {
    const [condition, yes, no] = args.map(arg => this.compile(arg, scope)) as [Program, Program, Program]
    const type = join(yes.type, no.type)
    if (!type || !isAssignable(types.bool, condition.type)) {
      throw noMatch('_?_:_', shownTypes([condition.type, yes.type, no.type], false), at)
    }
    return {
      type,
      run: frame => {
        const chosen = condition.run(frame)
        if (typeof chosen !== 'boolean') throw new EvaluationError('no such overload: _?_:_')
        return chosen ? yes.run(frame) : no.run(frame)
      },
    }
  }
}

function constant(type: Type, value: Value): Program {
  return { type, run: () => value, constant: value }
}

/** `google.protobuf.Timestamp`, when it is no field of a variable. */
function typeNamed(ast: Ast, scope: Scope): Program | undefined {
  const path: string[] = []
  let node = ast
  for (; node.op === 'select' && !node.optional; node = node.target) path.unshift(node.field)
  if (node.op !== 'ident' || scope.get(node.name)) return undefined
  const name = [node.name, ...path].join('.')
  return TYPE_NAMES.has(name) ? constant(types.type, new TypeValue(name)) : undefined
}

function joinAll(all: readonly Type[]): Type {
  const [first = types.dyn] = all
  return all.reduce((joined, type) => join(joined, type) ?? types.dyn, first)
}

function unwrapped(type: Type): Type {
  return type.name === 'optional_type' ? (type.args[0] ?? types.dyn) : types.dyn
}

function unwrap(value: Value): Value | undefined {
  return value instanceof Optional ? value.value : value
}

function shownTypes(all: readonly Type[], isMethod: boolean): string {
  const shown = all.map(formatType)
  return isMethod ? `${shown[0] ?? ''}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
}
