import { isJsonObject } from '../../lib/json.ts'

/** Leads from one value to those that a step of a path names. */
type Step = (value: unknown) => unknown[]

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

const FORMS: readonly [form: RegExp, step: (match: RegExpExecArray) => Step][] = [
  [/^\.\*|^\[\*\]/, () => membersOf],
  [/^\.((?:\\.|[^.[\]\\*])+)/, ([, name = '']) => member(name.replace(/\\(.)/g, '$1'))],
  [/^\[(['"])(.*?)\1\]/, ([, , name = '']) => member(name)],
  [/^\[(-?\d+)\]/, ([, index = '0']) => element(Number(index))],
  [/^\[(-?\d*):(-?\d*)\]/, ([, from = '', to = '']) => slice(from, to)],
  [/^\[\?\(\s*@(.*?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*\)\]/, filter],
  [/^\[\?\(\s*@(.*?)\s*\)\]/, ([, path = '']) => where(value => parseJsonPath(path)(value).length > 0)],
]

/**
 * Compiles the simple JSONPath of printer columns and scale: `.spec.hosts[0]`,
 * `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.example\.com/tier`.
 * @returns what the path leads to, in order; empty when it leads nowhere
 * @throws JsonPathError
 */
export function parseJsonPath(text: string): (root: unknown) => unknown[] {
  const steps: Step[] = []
  let rest = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '')
  while (rest !== '') {
    const before: string = rest
    for (const [form, stepOf] of FORMS) {
      const match = form.exec(rest)
      if (!match) continue
      steps.push(stepOf(match))
      rest = rest.slice(match[0].length)
      break
    }
    if (rest === before) throw new JsonPathError(`cannot be read from "${rest}" on`)
  }
  return root => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [root])
}

/** The members of a path such as `.spec.replicas`, as `scale` has it. @throws JsonPathError */
export function simplePath(text: string): string[] {
  if (!/^(\.[A-Za-z_][-\w]*)+$/.test(text)) {
    throw new JsonPathError('must be a path of plain names such as .spec.replicas')
  }
  return text.slice(1).split('.')
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

function filter([, path = '', operator = '', literal = '']: RegExpExecArray): Step {
  const read = parseJsonPath(path)
  const wanted = literalOf(literal)
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
