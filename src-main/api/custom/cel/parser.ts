import { CompileError } from './errors.ts'
import { type Token, tokensOf } from './lexer.ts'

/** An expression as a tree. Operators are calls under CEL's names for them: `_+_`, `!_`, `_?_:_`. */
export type Ast = { at: number } & (
  | { op: 'literal'; kind: 'bool' | 'null' | 'int' | 'uint' | 'double' | 'string' | 'bytes'; text: string }
  | { op: 'ident'; name: string }
  | { op: 'select'; target: Ast; field: string; optional: boolean }
  | { op: 'call'; name: string; target?: Ast; args: Ast[] }
  | { op: 'list'; items: { value: Ast; optional: boolean }[] }
  | { op: 'map'; entries: { key: Ast; value: Ast; optional: boolean }[] }
)

/** Reading an expression and checking its types is done in one go. */
const MAX_LENGTH = 30_000
/** How deep brackets and operators may be nested. */
const MAX_DEPTH = 250
/** How many operators may follow one another on one level. */
const MAX_CHAIN = 1000

const RESERVED = new Set([
  'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace',
  'return', 'var', 'void', 'while',
]) // prettier-ignore

/** From loose to tight; those of one level bind to the left. */
const BINARY: readonly (readonly string[])[] = [
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]

/** Reads an expression of CEL. Source: github.com/google/cel-spec, doc/langdef.md. @throws CompileError */
export function parse(text: string): Ast {
  if (text.length > MAX_LENGTH) {
    throw new CompileError(`Syntax error: expression code point size exceeds limit: ${MAX_LENGTH}`, 0)
  }
  const parser = new Parser(tokensOf(text))
  const ast = parser.expression()
  parser.end()
  return ast
}

class Parser {
  readonly #tokens: Token[]
  #next = 0
  #depth = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  expression(): Ast {
    if (++this.#depth > MAX_DEPTH) {
      throw new CompileError(
        `Syntax error: expression recursion limit exceeded: ${MAX_DEPTH}`,
        this.#token.at,
      )
    }
    const condition = this.#logical('||')
    const question = this.#take('?')
    let ast = condition
    if (question) {
      const yes = this.#logical('||')
      this.#expect(':')
      ast = { op: 'call', name: '_?_:_', args: [condition, yes, this.expression()], at: question.at }
    }
    this.#depth--
    return ast
  }

  end(): void {
    if (this.#token.kind !== 'end') throw this.#unexpected('<EOF>')
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token
  }

  #take(...marks: string[]): Token | undefined {
    const token = this.#token
    const isMark = token.kind === 'mark' || (token.kind === 'ident' && token.text === 'in')
    if (!isMark || !marks.includes(token.text)) return undefined
    this.#next++
    return token
  }

  #expect(mark: string): Token {
    const token = this.#take(mark)
    if (!token) throw this.#unexpected(`'${mark}'`)
    return token
  }

  #unexpected(wanted: string): CompileError {
    const { kind, text, at } = this.#token
    const shown = kind === 'end' ? text : `'${text}'`
    return new CompileError(`Syntax error: mismatched input ${shown} expecting ${wanted}`, at)
  }

  /** All operands of a chain at once, so that a long chain is not a deep tree. */
  #logical(mark: '||' | '&&'): Ast {
    const operand = () => (mark === '||' ? this.#logical('&&') : this.#binary(0))
    const args = [operand()]
    let at: number | undefined
    for (let token; (token = this.#take(mark));) {
      at ??= token.at
      args.push(operand())
    }
    const [first] = args as [Ast]
    return at === undefined ? first : { op: 'call', name: `_${mark}_`, args, at }
  }

  #binary(level: number): Ast {
    const marks = BINARY[level]
    if (!marks) return this.#unary()
    let left = this.#binary(level + 1)
    let length = 0
    for (let token; (token = this.#take(...marks));) {
      if (++length > MAX_CHAIN) throw new CompileError('Syntax error: expression is too long', token.at)
      const name = token.text === 'in' ? '@in' : `_${token.text}_`
      left = { op: 'call', name, args: [left, this.#binary(level + 1)], at: token.at }
    }
    return left
  }

  #unary(): Ast {
    const first = this.#take('!', '-')
    if (!first) return this.#member()
    const marks = [first]
    for (let token; (token = this.#take(first.text));) marks.push(token)
    const { kind, text } = this.#token
    let ast: Ast
    if (first.text === '-' && (kind === 'int' || kind === 'double')) {
      const { at } = marks.pop() as Token
      this.#next++
      ast = this.#suffixes({ op: 'literal', kind, text: `-${text}`, at })
    } else ast = this.#member()
    if (marks.length > MAX_CHAIN) throw new CompileError('Syntax error: expression is too long', first.at)
    return marks.reduceRight<Ast>(
      (operand, { text, at }) => ({ op: 'call', name: `${text}_`, args: [operand], at }),
      ast,
    )
  }

  #member(): Ast {
    return this.#suffixes(this.#primary())
  }

  #suffixes(start: Ast): Ast {
    let ast = start
    for (let length = 0; ; length++) {
      if (length > MAX_CHAIN) throw new CompileError('Syntax error: expression is too long', ast.at)
      const mark = this.#take('.', '[')
      if (!mark) return ast
      const optional = this.#take('?') !== undefined
      if (mark.text === '[') {
        const index = this.expression()
        this.#expect(']')
        ast = { op: 'call', name: optional ? '_[?_]' : '_[_]', args: [ast, index], at: mark.at }
      } else {
        const field = this.#name()
        const open = optional ? undefined : this.#take('(')
        ast = open
          ? { op: 'call', name: field.text, target: ast, args: this.#args(), at: open.at }
          : { op: 'select', target: ast, field: field.text, optional, at: mark.at }
      }
    }
  }

  #name(): Token {
    const token = this.#token
    if (token.kind !== 'ident' || ['in', 'true', 'false', 'null'].includes(token.text)) {
      throw this.#unexpected('IDENTIFIER')
    }
    this.#next++
    return token
  }

  #args(): Ast[] {
    return this.#listUntil(')', () => this.expression())
  }

  /** Elements between commas; a comma may stand behind the last one. */
  #listUntil<T>(mark: string, element: () => T): T[] {
    const elements: T[] = []
    while (!this.#take(mark)) {
      if (elements.length > 0) {
        this.#expect(',')
        if (mark !== ')' && this.#take(mark)) break
      }
      elements.push(element())
    }
    return elements
  }

  #primary(): Ast {
    const token = this.#token
    const { kind, text, at } = token
    if (kind === 'mark') return this.#bracketed()
    if (kind === 'end') throw this.#unexpected('an expression')
    this.#next++
    if (kind !== 'ident') return { op: 'literal', kind, text, at }
    if (text === 'true' || text === 'false') return { op: 'literal', kind: 'bool', text, at }
    if (text === 'null') return { op: 'literal', kind: 'null', text, at }
    if (text === 'in') throw new CompileError("Syntax error: mismatched input 'in'", at)
    if (RESERVED.has(text)) throw new CompileError(`Syntax error: reserved identifier: ${text}`, at)
    const open = this.#take('(')
    return open
      ? { op: 'call', name: text, args: this.#args(), at: open.at }
      : { op: 'ident', name: text, at }
  }

  #bracketed(): Ast {
    const { at } = this.#token
    // a name from the root: there is no container, so that it means the same
    if (this.#take('.')) return this.#primary()
    if (this.#take('(')) {
      const ast = this.expression()
      this.#expect(')')
      return ast
    }
    if (this.#take('[')) {
      const items = this.#listUntil(']', () => {
        const optional = this.#take('?') !== undefined
        return { value: this.expression(), optional }
      })
      return { op: 'list', items, at }
    }
    if (this.#take('{')) {
      const entries = this.#listUntil('}', () => {
        const optional = this.#take('?') !== undefined
        const key = this.expression()
        this.#expect(':')
        return { key, value: this.expression(), optional }
      })
      return { op: 'map', entries, at }
    }
    throw this.#unexpected('an expression')
  }
}
