import { isDay } from '../../../validation/formats.ts'
import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import type { Timestamp } from '../values.ts'
import { Duration } from '../values.ts'
import { duration, timestamp } from './operators.ts'

/** How much work it is to ask for a zone. */
const ZONE_COST = 1500

const SECOND = 1_000_000_000n

const UNITS: Readonly<Record<string, bigint>> = {
  h: 3600n * SECOND, m: 60n * SECOND, s: SECOND, ms: 1_000_000n, us: 1000n, µs: 1000n, μs: 1000n, ns: 1n,
} // prettier-ignore

/** As Go's time.ParseDuration: `1h30m`, `-1.5s`. @throws EvaluationError */
export function parseDuration(text: string): Duration {
  const bad = () => new EvaluationError(`time: invalid duration ${JSON.stringify(text)}`)
  if (/^[+-]?0$/.test(text)) return new Duration(0n)
  if (text.length > 100 || !/^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) throw bad()
  let nanoseconds = 0n
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/g)) {
    const factor = UNITS[unit]
    if (factor === undefined) throw bad()
    nanoseconds += BigInt(whole || '0') * factor
    if (fraction) nanoseconds += (BigInt(fraction) * factor) / 10n ** BigInt(fraction.length)
  }
  return duration(text.startsWith('-') ? -nanoseconds : nanoseconds)
}

/** RFC 3339. @throws EvaluationError */
export function parseTimestamp(text: string): Timestamp {
  const match = /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i.exec(text)
  const [, time = '', fraction = '', zone = ''] = match ?? []
  const milliseconds = match && isDay(time.slice(0, 10)) ? Date.parse(`${time}${zone}`.toUpperCase()) : NaN
  if (Number.isNaN(milliseconds)) {
    throw new EvaluationError(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00" failed`)
  }
  return timestamp(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
}

const dateOf = ({ nanoseconds }: Timestamp) => {
  const rest = ((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  return new Date(Number((nanoseconds - rest) / 1_000_000n))
}

export function formatTimestamp(value: Timestamp): string {
  const rest = ((value.nanoseconds % SECOND) + SECOND) % SECOND
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${dateOf(value).toISOString().slice(0, 19)}${fraction}Z`
}

export function formatDuration({ nanoseconds }: Duration): string {
  const [sign, size] = nanoseconds < 0n ? ['-', -nanoseconds] : ['', nanoseconds]
  const rest = size % SECOND
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${sign}${size / SECOND}${fraction}s`
}

/** The same moment as a zone's clocks show it, its fields to be read as those of UTC. @throws EvaluationError */
function inZone(value: Timestamp, zone: string): Date {
  const date = dateOf(value)
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    return new Date(date.getTime() + (offset[1] === '-' ? -minutes : minutes) * 60_000)
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone || 'UTC',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(date)
    const part = (type: string) => Number(parts.find(part => part.type === type)?.value)
    return new Date(
      Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) +
        date.getUTCMilliseconds(),
    )
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new EvaluationError(`unknown time zone ${zone}`)
  }
}

function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
  return (day - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000
}

const FIELDS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: date => date.getUTCFullYear(),
  getMonth: date => date.getUTCMonth(),
  getDayOfYear: dayOfYear,
  getDayOfMonth: date => date.getUTCDate() - 1,
  getDate: date => date.getUTCDate(),
  getDayOfWeek: date => date.getUTCDay(),
  getHours: date => date.getUTCHours(),
  getMinutes: date => date.getUTCMinutes(),
  getSeconds: date => date.getUTCSeconds(),
  getMilliseconds: date => date.getUTCMilliseconds(),
}

const timestampFields: FunctionTable = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([name, read]) => [
    [`timestamp.${name}(): int`, (value: Timestamp) => BigInt(read(dateOf(value)))],
    [
      `timestamp.${name}(string): int`,
      (value: Timestamp, zone: string, budget: Budget) => {
        budget.spend(ZONE_COST)
        return BigInt(read(inZone(value, zone)))
      },
    ],
  ]),
)

export const times: readonly FunctionTable[] = [
  timestampFields,
  {
    'duration.getHours(): int': ({ nanoseconds }: Duration) => nanoseconds / (3600n * SECOND),
    'duration.getMinutes(): int': ({ nanoseconds }: Duration) => nanoseconds / (60n * SECOND),
    'duration.getSeconds(): int': ({ nanoseconds }: Duration) => nanoseconds / SECOND,
    'duration.getMilliseconds(): int': ({ nanoseconds }: Duration) => nanoseconds / 1_000_000n,
  },
]
