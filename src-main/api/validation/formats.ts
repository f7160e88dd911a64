import { isIP } from 'node:net'
import { isQuantity } from '../../lib/quantity.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** Such that a text can be read in one way only: units end where the next number begins. */
const DURATION = /^(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)\s*[a-zµ]+)+$|^0$/i
/** More digits and units than this are no length of time that anybody means. */
const MAX_DURATION = 1000
const INT32_MAX = 2 ** 31 - 1

export function isBase64(text: string): boolean {
  return BASE64.test(text.replace(/[\r\n]/g, ''))
}

const isInt32 = (value: number) => value >= -INT32_MAX - 1 && value <= INT32_MAX
const isTime = (text: string) =>
  RFC_3339.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text))

/**
 * A time as Kubernetes writes it: in UTC, with so many digits of the second.
 * @returns undefined when the text is no time
 */
export function canonicalTime(text: string, digits: 0 | 6): string | undefined {
  if (!isTime(text)) return undefined
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? []
  const seconds = new Date(text.replace(/\.\d+/, '')).toISOString().replace(/\.\d+Z$/, '')
  return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction.padEnd(digits, '0').slice(0, digits)}Z`
}

/** Whether the calendar has the day `2024-02-29`; Date.parse takes the 30th of February for a day in March. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** A form that values of one type may have to have; those of another type are let be. */
type Format =
  | { type: 'number'; holds: (value: number) => boolean }
  | { type: 'string'; holds: (value: string) => boolean }

const isUri = (text: string) => URL.canParse(text) || text.startsWith('/')

/** Those of Kubernetes' types, and what schemas of CustomResourceDefinitions may name besides. Others are not looked at. */
export const formats: Readonly<Partial<Record<string, Format>>> = {
  int32: { type: 'number', holds: isInt32 },
  int64: { type: 'number', holds: Number.isSafeInteger },
  double: { type: 'number', holds: Number.isFinite },
  byte: { type: 'string', holds: isBase64 },
  quantity: { type: 'string', holds: isQuantity },
  'date-time': { type: 'string', holds: isTime },
  date: { type: 'string', holds: isDay },
  datetime: { type: 'string', holds: isTime },
  duration: { type: 'string', holds: text => text.length <= MAX_DURATION && DURATION.test(text) },
  email: { type: 'string', holds: text => /^[^\s@]+@[^\s@]+$/.test(text) },
  hostname: {
    type: 'string',
    holds: text =>
      /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(text),
  },
  ipv4: { type: 'string', holds: text => isIP(text) === 4 },
  ipv6: { type: 'string', holds: text => isIP(text) === 6 },
  ip: { type: 'string', holds: text => isIP(text) !== 0 },
  cidr: {
    type: 'string',
    holds: text => /^.+\/\d{1,3}$/.test(text) && isIP(text.replace(/\/\d+$/, '')) !== 0,
  },
  uri: { type: 'string', holds: isUri },
  uuid: { type: 'string', holds: text => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text) },
  mac: { type: 'string', holds: text => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(text) },
}
