import { isJsonObject } from '../../lib/json.ts'

/** Leads from one value to those that a step of a path names. */
type Step = (value: unknown) => unknown[]

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

const FORMS: readonly [form: RegExp, step: (match: RegExpExecArray) => Step][] = [
  [/^\.\*|^\[\*\]/, () => membersOf],
  [/^\.((?:\\.|[^.[\]\\*])+)/, ([, name = '']) => member(unescaped(name))],
  [/^\[(['"])(.*?)\1\]/, ([, , name = '']) => member(unescaped(name))],
  [/^\[(-?\d+)\]/, ([, index = '0']) => element(Number(index))],
  [/^\[(-?\d*):(-?\d*)\]/, ([, from = '', to = '']) => slice(from, to)],
]
const FILTER = '[?('
const FILTER_END = ')]'
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>']
/** Far longer than any that a person writes: no object is as deep. */
const MAX_LENGTH = 1000

/**
 * Compiles the simple JSONPath of printer columns and scale: `.spec.hosts[0]`,
 * `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.example\.com/tier`.
 * @returns what the path leads to, in order; empty when it leads nowhere
 * @throws JsonPathError
 */
export function parseJsonPath(text: string): (root: unknown) => unknown[] {
  checkLength(text)
  const steps: Step[] = []
  let rest = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '')
  while (rest !== '') {
    const [step, length] = firstStep(rest)
    steps.push(step)
    rest = rest.slice(length)
  }
  return root => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [root])
}

function checkLength(text: string): void {
  if (text.length > MAX_LENGTH) throw new JsonPathError(`may not be more than ${MAX_LENGTH} characters long`)
}

/** The step that a path begins with, and how many characters of it that takes. */
function firstStep(path: string): [step: Step, length: number] {
  for (const [form, stepOf] of FORMS) {
    const match = form.exec(path)
    if (match) return [stepOf(match), match[0].length]
  }
  const end = path.startsWith(FILTER) ? indexOutsideQuotes(path, [FILTER_END]) : -1
  const condition = path.slice(FILTER.length, end).trim()
  if (end < 0 || !condition.startsWith('@')) throw new JsonPathError(`cannot be read from "${path}" on`)
  return [filter(condition.slice(1)), end + FILTER_END.length]
}

/** Where the first of the `marks` is that is in no quotes; -1 when there is none. */
function indexOutsideQuotes(text: string, marks: readonly string[]): number {
  let quote = ''
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (marks.some(mark => text.startsWith(mark, index))) return index
  }
  return -1
}

/** The members of a path such as `.spec.replicas`, as `scale` has it. @throws JsonPathError */
export function simplePath(text: string): string[] {
  checkLength(text)
  if (!/^(\.[A-Za-z_][-\w]*)+$/.test(text)) {
    throw new JsonPathError('must be a path of plain names such as .spec.replicas')
  }
  return text.slice(1).split('.')
}

/** A dot in a name may have a backslash before it, in quotes too. */
function unescaped(name: string): string {
  return name.replace(/\\(.)/g, '$1')
}

function member(name: string): Step {
  return value => {
    if (isJsonObject(value)) return Object.hasOwn(value, name) ? [value[name]] : []
    return []
  }
}

function element(index: number): Step {
  return value => {
    if (!Array.isArray(value)) return []
    const found: unknown = value.at(index)
    return found === undefined ? [] : [found]
  }
}

function slice(from: string, to: string): Step {
  return value =>
    Array.isArray(value) ? value.slice(from ? Number(from) : 0, to ? Number(to) : undefined) : []
}

function membersOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  return isJsonObject(value) ? Object.values(value) : []
}

function where(holds: (value: unknown) => boolean): Step {
  return value => membersOf(value).filter(holds)
}

/** @param condition what is behind the `@`: `.type == "Ready"`, or `.type` for whatever has one */
function filter(condition: string): Step {
  const at = indexOutsideQuotes(condition, OPERATORS)
  if (at < 0) {
    const read = parseJsonPath(condition)
    return where(value => read(value).length > 0)
  }
  const operator = OPERATORS.find(mark => condition.startsWith(mark, at)) ?? ''
  const read = parseJsonPath(condition.slice(0, at).trim())
  const wanted = literalOf(condition.slice(at + operator.length).trim())
  return where(value => read(value).some(found => compare(found, operator, wanted)))
}

function literalOf(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text)
  if (quoted) return quoted[2]
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new JsonPathError(`"${text}" is no text in quotes, number, true or false`)
}

function compare(found: unknown, operator: string, wanted: unknown): boolean {
  if (operator === '==') return found === wanted
  if (operator === '!=') return found !== wanted
  if (typeof found !== typeof wanted || (typeof found !== 'number' && typeof found !== 'string')) return false
  const other = wanted as typeof found
  switch (operator) {
    case '<':
      return found < other
    case '>':
      return found > other
    case '<=':
      return found <= other
    default:
      return found >= other
  }
}
