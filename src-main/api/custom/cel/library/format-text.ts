import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import {
  CelMap, Duration, isNumber, List, type Numeric, Timestamp, typeNameOf, TypeValue, Uint, type Value,
} from '../values.ts' // prettier-ignore
import { formatDouble } from './conversions.ts'
import { formatDuration, formatTimestamp } from './times.ts'

const CLAUSE = /%(?:%|(?:\.(\d+))?([sdfebxXo]))|%/g

/**
 * `"%s has %d".format(["a", 1])`. Source: github.com/google/cel-go, ext/strings.go.
 * @throws EvaluationError
 */
export function formatText(text: string, args: List, budget: Budget): string {
  let next = 0
  return text.replace(CLAUSE, (clause, precision?: string, verb?: string) => {
    if (clause === '%%') return '%'
    if (!verb) throw new EvaluationError('could not parse formatting clause: unrecognized formatting clause')
    if (next >= args.length) throw new EvaluationError(`index ${next} out of range`)
    const part = format(args.at(next++), {
      verb,
      precision: precision === undefined ? 6 : Number(precision),
      budget,
    })
    budget.spendText(part.length)
    return part
  })
}

function format(
  value: Value,
  { verb, precision, budget }: { verb: string; precision: number; budget: Budget },
): string {
  const bad = () => new EvaluationError(`error during formatting: invalid ${typeNameOf(value)} for %${verb}`)
  if (verb === 's') return textOf(value, budget)
  if (verb === 'f' || verb === 'e') {
    if (!isNumber(value) || precision > 100) throw bad()
    const number = Number(value instanceof Uint ? value.value : value)
    if (!Number.isFinite(number)) return formatDouble(number)
    if (verb === 'f') return number.toFixed(precision)
    return number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2')
  }
  if ((verb === 'x' || verb === 'X') && (typeof value === 'string' || value instanceof Uint8Array)) {
    budget.spendText(value.length)
    const hex = Buffer.from(value as string).toString('hex')
    return verb === 'X' ? hex.toUpperCase() : hex
  }
  if (verb === 'b' && typeof value === 'boolean') return value ? '1' : '0'
  if (verb === 'd' && typeof value === 'number' && !Number.isFinite(value)) return formatDouble(value)
  if (!isNumber(value) || typeof value === 'number') throw bad()
  return whole(value, verb)
}

function whole(value: Exclude<Numeric, number>, verb: string): string {
  const number = value instanceof Uint ? value.value : value
  const radix = { d: 10, b: 2, o: 8, x: 16, X: 16 }[verb] ?? 10
  const digits = number.toString(radix)
  return verb === 'X' ? digits.toUpperCase() : digits
}

/** Whoever asks for it spends for each text before it becomes part of another: all of them together are no longer than that. */
function textOf(value: Value, budget: Budget): string {
  budget.spend(3)
  if (typeof value === 'string') {
    budget.spendText(value.length)
    return value
  }
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return formatDouble(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Uint8Array) {
    budget.spendText(value.length)
    return Buffer.from(value).toString('utf8')
  }
  if (value instanceof TypeValue) return value.name
  if (value instanceof List) {
    budget.spend(value.length)
    return `[${value
      .values()
      .map(item => textOf(item, budget))
      .join(', ')}]`
  }
  if (value instanceof CelMap) {
    const entries = value.keys().map(key => [textOf(key, budget), textOf(value.get(key) as Value, budget)])
    return `{${entries
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
      .map(entry => entry.join(': '))
      .join(', ')}}`
  }
  throw new EvaluationError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  )
}
