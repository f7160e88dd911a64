import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import type { Duration, Uint } from '../values.ts'
import {
  type CelMap, type List, Timestamp, typeNameOf, TypeValue, type Value,
} from '../values.ts' // prettier-ignore
import { int, uint } from './operators.ts'
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './times.ts'

/** Characters, of which some are two units long. */
export function lengthOf(text: string): number {
  let length = text.length
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit < 0xdc00) {
      length--
      index++
    }
  }
  return length
}

const wrong = (what: string) => new EvaluationError(`type conversion error from ${what}`)

const size = {
  string: (text: string) => BigInt(lengthOf(text)),
  bytes: (bytes: Uint8Array) => BigInt(bytes.length),
  list: (list: List) => BigInt(list.length),
  map: (map: CelMap, budget: Budget) => {
    const { size } = map
    // of an object that came as JSON all keys were counted
    budget.spend(size)
    return BigInt(size)
  },
}

/** As Go writes a number. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [mantissa = '', exponent] = value.toString().split('e')
  if (exponent === undefined && Math.abs(value) < 1e21) return mantissa
  const [sign, digits] = [exponent?.startsWith('-') ? '-' : '+', (exponent ?? '').replace(/^[+-]/, '')]
  return `${mantissa}e${sign}${digits.padStart(2, '0')}`
}

function wholePart(value: number): bigint {
  if (!Number.isFinite(value)) throw new EvaluationError('integer overflow')
  return BigInt(Math.trunc(value))
}

export const conversions: FunctionTable = {
  'size(string): int': size.string,
  'string.size(): int': size.string,
  'size(bytes): int': size.bytes,
  'bytes.size(): int': size.bytes,
  'size(list<A>): int': size.list,
  'list<A>.size(): int': size.list,
  'size(map<A, B>): int': size.map,
  'map<A, B>.size(): int': size.map,
  'dyn(A): dyn': (value: Value) => value,
  'type(A): type': (value: Value) => new TypeValue(typeNameOf(value)),
  'int(int): int': (value: bigint) => value,
  'int(uint): int': ({ value }: Uint) => int(value),
  'int(double): int': (value: number) => int(wholePart(value)),
  'int(string): int': (text: string) => {
    if (!/^[+-]?\d{1,20}$/.test(text)) throw wrong(`'string' to 'int'`)
    return int(BigInt(text.replace('+', '')))
  },
  'int(timestamp): int': ({ nanoseconds }: Timestamp) => nanoseconds / 1_000_000_000n,
  'int(duration): int': ({ nanoseconds }: Duration) => nanoseconds,
  'uint(uint): uint': (value: Uint) => value,
  'uint(int): uint': (value: bigint) => uint(value),
  'uint(double): uint': (value: number) => uint(wholePart(value)),
  'uint(string): uint': (text: string) => {
    if (!/^\d{1,20}$/.test(text)) throw wrong(`'string' to 'uint'`)
    return uint(BigInt(text))
  },
  'double(double): double': (value: number) => value,
  'double(int): double': (value: bigint) => Number(value),
  'double(uint): double': ({ value }: Uint) => Number(value),
  'double(string): double': (text: string) => {
    const special = /^([+-]?)(?:inf|infinity)$/i.exec(text)
    if (special) return special[1] === '-' ? -Infinity : Infinity
    if (/^nan$/i.test(text)) return NaN
    if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw wrong(`'string' to 'double'`)
    return Number(text)
  },
  'bool(bool): bool': (value: boolean) => value,
  'bool(string): bool': (text: string) => {
    if (['true', 'True', 'TRUE', 't', '1'].includes(text)) return true
    if (['false', 'False', 'FALSE', 'f', '0'].includes(text)) return false
    throw wrong(`'string' to 'bool'`)
  },
  'string(string): string': (value: string) => value,
  'string(bool): string': (value: boolean) => String(value),
  'string(int): string': (value: bigint) => String(value),
  'string(uint): string': ({ value }: Uint) => String(value),
  'string(double): string': (value: number) => formatDouble(value),
  'string(bytes): string': (bytes: Uint8Array) => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string')
    }
  },
  'string(timestamp): string': (value: Timestamp) => formatTimestamp(value),
  'string(duration): string': (value: Duration) => formatDuration(value),
  'bytes(bytes): bytes': (bytes: Uint8Array) => bytes,
  'bytes(string): bytes': (text: string) => Buffer.from(text, 'utf8'),
  'timestamp(timestamp): timestamp': (value: Timestamp) => value,
  'timestamp(string): timestamp': (text: string, budget: Budget) => {
    budget.spend(20)
    return parseTimestamp(text)
  },
  'timestamp(int): timestamp': (seconds: bigint) => new Timestamp(seconds * 1_000_000_000n),
  'duration(duration): duration': (value: Duration) => value,
  'duration(string): duration': (text: string, budget: Budget) => {
    budget.spend(20)
    return parseDuration(text)
  },
}
