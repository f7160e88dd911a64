import { isIP } from 'node:net'
import type { Format } from 'ajv'
import { isQuantity } from '../../lib/quantity.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const INT32_MAX = 2 ** 31 - 1

export function isBase64(text: string): boolean {
  return BASE64.test(text.replace(/[\r\n]/g, ''))
}

const isInt32 = (value: number) => value >= -INT32_MAX - 1 && value <= INT32_MAX
const isTime = (text: string) => RFC_3339.test(text) && !Number.isNaN(Date.parse(text))

/** The formats that the schema's types have. */
export const formats: Record<string, Format> = {
  int32: { type: 'number', validate: isInt32 },
  int64: { type: 'number', validate: Number.isSafeInteger },
  double: { type: 'number', validate: Number.isFinite },
  byte: { type: 'string', validate: isBase64 },
  quantity: { type: 'string', validate: isQuantity },
  'int-or-string': true,
  'date-time': { type: 'string', validate: isTime },
}

const isUri = (text: string) => URL.canParse(text) || text.startsWith('/')

/** The formats that schemas of CustomResourceDefinitions may name besides; others are not looked at, as in Kubernetes. */
export const customFormats: Record<string, Format> = {
  ...formats,
  date: {
    type: 'string',
    validate: text => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  },
  datetime: { type: 'string', validate: isTime },
  duration: {
    type: 'string',
    validate: /^([-+]?(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]*[a-z]))+$|^0$/i,
  },
  email: { type: 'string', validate: /^[^\s@]+@[^\s@]+$/ },
  hostname: {
    type: 'string',
    validate: /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i,
  },
  ipv4: { type: 'string', validate: text => isIP(text) === 4 },
  ipv6: { type: 'string', validate: text => isIP(text) === 6 },
  ip: { type: 'string', validate: text => isIP(text) !== 0 },
  cidr: {
    type: 'string',
    validate: text => /^.+\/\d{1,3}$/.test(text) && isIP(text.replace(/\/\d+$/, '')) !== 0,
  },
  uri: { type: 'string', validate: isUri },
  uuid: { type: 'string', validate: /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i },
  mac: { type: 'string', validate: /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i },
}

const POSIX: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', word: '\\w',
  xdigit: '0-9A-Fa-f', punct: '!-\\/:-@\\[-`{-~',
} // prettier-ignore

/**
 * A regular expression of Go's, whose syntax differs a little.
 * @throws SyntaxError
 */
export function goRegExp(pattern: string, _flags?: string): RegExp {
  const [prefix = '', names = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? []
  const text = pattern
    .slice(prefix.length)
    .replace(/\[:([a-z]+):\]/g, (whole, name: string) => POSIX[name] ?? whole)
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replaceAll('(?P<', '(?<')
  return new RegExp(text, names)
}
goRegExp.code = 'goRegExp'
