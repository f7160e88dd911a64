import { RE2JS, RE2JSSyntaxException } from 're2js'

/** A regular expression as Go has them; `test` says whether it matches anywhere in a text. */
export type GoRegExp = RE2JS

/** Its message is Go's own: "error parsing regexp: missing closing ]: `[a`". */
export class GoRegExpError extends Error {
  override readonly name = 'GoRegExpError'
}

/** Those in use: many schemas have the same. */
const known = new Map<string, GoRegExp>()
const MAX_KNOWN = 1000

/**
 * Compiles a regular expression of Go's syntax. No text makes it slow: how long it takes grows with the length of text
 * and of pattern, never with their powers, as JavaScript's own would.
 * @throws GoRegExpError
 */
export function goRegExp(pattern: string): GoRegExp {
  const expression = known.get(pattern) ?? compile(pattern)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(pattern, expression)
  return expression
}

/** Whether it was compiled a while ago, so that it costs nothing to have it. */
export function isCompiled(pattern: string): boolean {
  return known.has(pattern)
}

/** How much work it is at most to hold an expression against a text: a unit is about what a character costs a small one. */
export function matchingWork(expression: GoRegExp, text: string): number {
  const size = expression.programSize()
  // how much one character costs at worst grows faster than the pattern
  return 1 + (text.length * size * (1 + size / 100)) / 20
}

function compile(pattern: string): GoRegExp {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new GoRegExpError(error.message)
    throw error
  }
}
