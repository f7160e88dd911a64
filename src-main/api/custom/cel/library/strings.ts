import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { List } from '../values.ts'
import { formatText } from './format-text.ts'
import { matcher } from './patterns.ts'

const SURROGATE = /[\ud800-\udfff]/

/** A text as its characters: positions count those, not the units of which some have two. */
function charactersOf(text: string): string | string[] {
  return SURROGATE.test(text) ? [...text] : text
}

const joined = (part: string | string[]) => (typeof part === 'string' ? part : part.join(''))

function search(text: string, wanted: string, find: (text: string, wanted: string) => number): bigint {
  const units = find(text, wanted)
  return BigInt(units > 0 && SURROGATE.test(text) ? [...text.slice(0, units)].length : units)
}

/** Where a search that begins at a character begins, in units. @throws EvaluationError */
function unitsAt(text: string, at: bigint): number {
  const characters = charactersOf(text)
  if (at < 0n || at > BigInt(characters.length)) throw new EvaluationError(`index out of range: ${at}`)
  return joined(characters.slice(0, Number(at))).length
}

/** @throws EvaluationError */
function substring(text: string, from: bigint, to?: bigint): string {
  const characters = charactersOf(text)
  const end = to ?? BigInt(characters.length)
  if (from < 0n || from > BigInt(characters.length)) throw new EvaluationError(`index out of range: ${from}`)
  if (end < 0n || end > BigInt(characters.length)) throw new EvaluationError(`index out of range: ${end}`)
  if (from > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${end}`)
  return joined(characters.slice(Number(from), Number(end)))
}

/** At most `limit` parts, the last one with all that is left; any number when it is below 0. */
function split(text: string, separator: string, limit: number, budget: Budget): List {
  if (limit === 0) return new List([])
  const parts = separator === '' ? [...text] : text.split(separator)
  budget.spend(parts.length)
  if (limit < 0 || parts.length <= limit) return new List(parts)
  return new List([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)])
}

/** @throws EvaluationError */
function replace(text: string, [from, to]: [string, string], limit: number, budget: Budget): string {
  const pieces = from === '' ? ['', ...text, ''] : text.split(from)
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1)
  budget.spendText(text.length + to.length * count)
  const kept = pieces.slice(count).join(from)
  return [...pieces.slice(0, count), kept].join(to)
}

/** @throws EvaluationError */
function join(list: List, separator: string, budget: Budget): string {
  budget.spend(list.length)
  const texts = list.values().map(value => {
    if (typeof value !== 'string') throw new EvaluationError('join: invalid input: list of strings expected')
    budget.spendText(value.length + separator.length)
    return value
  })
  return texts.join(separator)
}

const ascii = (text: string, change: (letters: string) => string, letters: RegExp) =>
  text.replace(letters, change)

const WHITE = /[\s\u0085]/

/** Looks at each end by itself: one pattern for both would try every blank within. */
function trim(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && WHITE.test(text.charAt(from))) from++
  while (to > from && WHITE.test(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

export const strings: FunctionTable = {
  'string.contains(string): bool': (text: string, part: string) => text.includes(part),
  'string.startsWith(string): bool': (text: string, part: string) => text.startsWith(part),
  'string.endsWith(string): bool': (text: string, part: string) => text.endsWith(part),
  'string.charAt(int): string': (text: string, at: bigint) => {
    const characters = charactersOf(text)
    if (at < 0n || at > BigInt(characters.length)) throw new EvaluationError(`index out of range: ${at}`)
    return characters[Number(at)] ?? ''
  },
  'string.indexOf(string): int': (text: string, part: string) => search(text, part, (a, b) => a.indexOf(b)),
  'string.indexOf(string, int): int': (text: string, part: string, at: bigint) => {
    const from = unitsAt(text, at)
    return search(text, part, (a, b) => a.indexOf(b, from))
  },
  'string.lastIndexOf(string): int': (text: string, part: string) =>
    search(text, part, (a, b) => a.lastIndexOf(b)),
  'string.lastIndexOf(string, int): int': (text: string, part: string, at: bigint) => {
    const from = unitsAt(text, at)
    return search(text, part, (a, b) => a.lastIndexOf(b, from))
  },
  'string.substring(int): string': (text: string, from: bigint) => substring(text, from),
  'string.substring(int, int): string': (text: string, from: bigint, to: bigint) => substring(text, from, to),
  'string.split(string): list<string>': (text: string, separator: string, budget: Budget) =>
    split(text, separator, -1, budget),
  'string.split(string, int): list<string>': (
    text: string,
    separator: string,
    limit: bigint,
    budget: Budget,
  ) => split(text, separator, Number(limit), budget),
  'string.replace(string, string): string': (text: string, from: string, to: string, budget: Budget) =>
    replace(text, [from, to], -1, budget),
  'string.replace(string, string, int): string': (
    text: string,
    from: string,
    to: string,
    limit: bigint,
    budget: Budget,
  ) => replace(text, [from, to], Number(limit), budget),
  'list<string>.join(): string': (list: List, budget: Budget) => join(list, '', budget),
  'list<string>.join(string): string': (list: List, separator: string, budget: Budget) =>
    join(list, separator, budget),
  'string.lowerAscii(): string': (text: string) => ascii(text, part => part.toLowerCase(), /[A-Z]+/g),
  'string.upperAscii(): string': (text: string) => ascii(text, part => part.toUpperCase(), /[a-z]+/g),
  'string.trim(): string': trim,
  'strings.quote(string): string': (text: string) => JSON.stringify(text),
  'string.format(list<A>): string': (text: string, args: List, budget: Budget) =>
    formatText(text, args, budget),
  'string.matches(string): bool': (text: string, pattern: string, budget: Budget) =>
    matcher(pattern, text, budget).test(text),
  'matches(string, string): bool': (text: string, pattern: string, budget: Budget) =>
    matcher(pattern, text, budget).test(text),
  'string.find(string): string': (text: string, pattern: string, budget: Budget) => {
    const found = matcher(pattern, text, budget).matcher(text)
    return found.find() ? (found.group() ?? '') : ''
  },
  'string.findAll(string): list<string>': (text: string, pattern: string, budget: Budget) =>
    findAll(text, pattern, -1, budget),
  'string.findAll(string, int): list<string>': (
    text: string,
    pattern: string,
    limit: bigint,
    budget: Budget,
  ) => findAll(text, pattern, Number(limit), budget),
}

/** Those that do not overlap, at most `limit`; all of them when it is below 0. */
function findAll(text: string, pattern: string, limit: number, budget: Budget): List {
  const matches = matcher(pattern, text, budget).matcher(text)
  const found: string[] = []
  while ((limit < 0 || found.length < limit) && matches.find()) {
    budget.spend(20)
    found.push(matches.group() ?? '')
  }
  return new List(found)
}
