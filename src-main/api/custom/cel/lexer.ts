import { CompileError } from './errors.ts'

export type TokenKind = 'ident' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'mark' | 'end'

export interface Token {
  kind: TokenKind
  /** The text of a name, a number or a mark; the value of a string, or of bytes as one character each. */
  text: string
  /** Where it begins, in characters from the expression's beginning. */
  at: number
}

const SPACE = /(?:[ \t\r\n\f]+|\/\/[^\n]*)*/y
const NUMBER = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?/y
const NAME = /[A-Za-z_]\w*/y
const MARK = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y
const STRING = /([bB][rR]?|[rR][bB]?)?("""|'''|"|')/y
const ESCAPE =
  /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]?))/g

const CONTROL: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v',
} // prettier-ignore

/** The tokens of an expression, the last one of the kind `end`. @throws CompileError */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (form: RegExp) => {
    form.lastIndex = at
    return form.exec(text)
  }
  for (;;) {
    at += take(SPACE)?.[0].length ?? 0
    if (at >= text.length) break
    const string = take(STRING)
    const number = string ? null : take(NUMBER)
    const other = string || number ? null : (take(NAME) ?? take(MARK))
    if (string) {
      const [whole, prefix = '', quote = ''] = string
      const end = endOfString(text, at + whole.length, { quote, raw: /r/i.test(prefix) })
      tokens.push(stringToken(text.slice(at + whole.length, end - quote.length), { prefix, at }))
      at = end
    } else if (number) {
      tokens.push({ kind: kindOfNumber(number[0]), text: number[0].replace(/[uU]$/, ''), at })
      at += number[0].length
    } else if (other) {
      tokens.push({ kind: /^\w/.test(other[0]) ? 'ident' : 'mark', text: other[0], at })
      at += other[0].length
    } else throw new CompileError(`Syntax error: token recognition error at: '${text[at] ?? ''}'`, at)
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: text.length })
  return tokens
}

function kindOfNumber(text: string): TokenKind {
  if (/[uU]$/.test(text)) return 'uint'
  return /^0[xX]/.test(text) || /^\d+$/.test(text) ? 'int' : 'double'
}

/** Where a string that was opened ends, behind its closing quotes. */
function endOfString(text: string, from: number, { quote, raw }: { quote: string; raw: boolean }): number {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(quote, at)) return at + quote.length
    if (text[at] === '\\' && !raw) at++
    else if (text[at] === '\n' && quote.length === 1) break
  }
  throw new CompileError('Syntax error: token recognition error at: a string that is not closed', from - 1)
}

function stringToken(content: string, { prefix, at }: { prefix: string; at: number }): Token {
  const isBytes = /b/i.test(prefix)
  const plain = isBytes ? Buffer.from(content, 'utf8').toString('latin1') : content
  if (/r/i.test(prefix)) return { kind: isBytes ? 'bytes' : 'string', text: plain, at }
  const bad = (what: string) => new CompileError(`Syntax error: invalid escape sequence: ${what}`, at)
  const text = plain.replace(
    ESCAPE,
    (whole, simple?: string, x?: string, u?: string, U?: string, octal?: string) => {
      if (simple !== undefined) return CONTROL[simple] ?? simple
      if (x !== undefined) return String.fromCharCode(parseInt(x, 16))
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8))
      const point = parseInt(u ?? U ?? '', 16)
      if (Number.isNaN(point) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) || isBytes)
        throw bad(whole)
      return String.fromCodePoint(point)
    },
  )
  return { kind: isBytes ? 'bytes' : 'string', text, at }
}
