import type { FieldErrors } from './field-errors.ts'

interface Field {
  name: string
  least: number
  most: number
  names?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 0, most: 6, names: DAYS },
]
/** Every minute of every hour of every day, each written out, takes half of it. */
const MAX_SCHEDULE = 1000
const MACROS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** A schedule as Kubernetes reads it. Source: github.com/robfig/cron/v3, ParseStandard. */
export function validateSchedule(schedule: string, field: string, errors: FieldErrors): void {
  if (schedule.length > MAX_SCHEDULE) {
    errors.tooLong(field, MAX_SCHEDULE)
    return
  }
  const wrong = wrongIn(schedule.replace(/^\s*(CRON_)?TZ=\S+\s+/, '').trim())
  if (wrong) errors.invalid(field, schedule, wrong)
}

function wrongIn(text: string): string | undefined {
  if (text.startsWith('@')) {
    const every = /^@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)
    return every || MACROS.includes(text) ? undefined : `unrecognized descriptor: ${text}`
  }
  const parts = text.split(/\s+/).filter(Boolean)
  if (parts.length !== FIELDS.length) {
    return `expected exactly ${FIELDS.length} fields, found ${parts.length}: [${parts.join(' ')}]`
  }
  for (const [index, field] of FIELDS.entries()) {
    for (const range of (parts[index] ?? '').split(',')) {
      const wrong = wrongInRange(range, field)
      if (wrong) return wrong
    }
  }
  return undefined
}

function wrongInRange(text: string, field: Field): string | undefined {
  const [range = '', step, ...more] = text.split('/')
  if (more.length > 0) return `too many slashes: ${text}`
  if (step !== undefined && !/^[1-9]\d*$/.test(step)) {
    return /^0+$/.test(step)
      ? `step of range should be a positive number: ${text}`
      : `failed to parse int from ${step}`
  }
  if (range === '*' || range === '?') return undefined
  const [start = '', end = start, ...rest] = range.split('-')
  if (rest.length > 0) return `too many hyphens: ${text}`
  const from = valueOf(start, field)
  const to = valueOf(end, field)
  if (from === undefined || to === undefined) {
    return `failed to parse int from ${from === undefined ? start : end}`
  }
  if (from < field.least) return `beginning of range (${from}) below minimum (${field.least}): ${text}`
  if (to > field.most) return `end of range (${to}) above maximum (${field.most}): ${text}`
  return from > to ? `beginning of range (${from}) beyond end of range (${to}): ${text}` : undefined
}

function valueOf(text: string, { least, names }: Field): number | undefined {
  const index = names?.indexOf(text.toLowerCase()) ?? -1
  if (index >= 0) return index + (least === 1 ? 1 : 0)
  return /^\d+$/.test(text) ? Number(text) : undefined
}
