import { badRequest, StatusError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import { messageOf, messages } from './messages.ts'
import { readFields, WireError, type WireField } from './wire.ts'

/** What the body of an object begins with, before `runtime.Unknown`. */
const MAGIC = Buffer.from('k8s\0')
const UNKNOWN = { typeMeta: 1, raw: 2 }
const TYPE_META = { apiVersion: 1, kind: 2 }
/** Messages inside others are fields too: some more than JSON's members and elements. */
const MAX_FIELDS = 64_000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a body of `application/vnd.kubernetes.protobuf` into the object that JSON would have given.
 * @throws StatusError BadRequest for what is no such message; UnsupportedMediaType for kinds and fields that are known
 *   here only as JSON: nothing is passed over in silence
 */
export function decodeObject(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badRequest('the body is no Kubernetes protobuf: it does not begin with "k8s\\0"')
  }
  try {
    const decoder = new Decoder()
    const envelope = decoder.byNumber(bytes.subarray(MAGIC.length))
    const type = decoder.byNumber(asBytes(envelope.get(UNKNOWN.typeMeta)))
    const apiVersion = text(type.get(TYPE_META.apiVersion))
    const kind = text(type.get(TYPE_META.kind))
    const message = messageOf(apiVersion, kind)
    if (message === undefined) throw unsupported(`${apiVersion} ${kind} is not read as protobuf`)
    return { apiVersion, kind, ...decoder.message(message, asBytes(envelope.get(UNKNOWN.raw))) }
  } catch (error) {
    if (error instanceof WireError) throw badRequest(`the body is no valid protobuf: ${error.message}`, error)
    throw error
  }
}

function unsupported(why: string): StatusError {
  return new StatusError('UnsupportedMediaType', `${why} by this server: send the object as application/json`)
}

/** One line of the table of messages, read. */
interface Field {
  name: string
  type: string
  form: 'one' | 'list' | 'map' | 'embedded'
  /** Zero is a value. */
  keepsZero: boolean
}

const tables = new Map<string, Map<number, Field>>()

function tableOf(message: string): Map<number, Field> {
  let table = tables.get(message)
  if (!table) {
    table = new Map((messages[message] ?? '').split(', ').map(readField))
    tables.set(message, table)
  }
  return table
}

function readField(line: string): [number, Field] {
  const [number, name = '', given = 'string'] = line.split(' ')
  const form = given.startsWith('[]')
    ? 'list'
    : given.startsWith('{}')
      ? 'map'
      : given.startsWith('~')
        ? 'embedded'
        : 'one'
  return [
    Number(number),
    { name, type: given.replace(/^(\[\]|\{\}|~|\*)/, ''), form, keepsZero: given.startsWith('*') },
  ]
}

/** Reads one object, of as many fields as JSON may have members. */
class Decoder {
  #read = 0

  message(message: string, bytes: Uint8Array): JsonObject {
    const table = tableOf(message)
    const object: JsonObject = {}
    for (const wire of this.#fields(bytes)) {
      const field = table.get(wire.number)
      if (!field) throw unsupported(`field ${wire.number} of ${message} is not read as protobuf`)
      this.#setField(object, field, wire)
    }
    return object
  }

  #setField(object: JsonObject, field: Field, wire: WireField): void {
    const { name, type, form, keepsZero } = field
    if (form === 'embedded') {
      Object.assign(object, this.message(type, asBytes(wire)))
    } else if (form === 'list') {
      const list = (object[name] ??= []) as unknown[]
      list.push(this.#value(type, wire))
    } else if (form === 'map') {
      const map = (object[name] ??= {}) as JsonObject
      const entry = this.byNumber(asBytes(wire))
      const key = text(entry.get(1))
      if (key === '__proto__') throw badRequest('"__proto__" is not allowed as a key')
      map[key] = this.#value(type, entry.get(2) ?? { number: 2, value: new Uint8Array() })
    } else {
      const value = this.#value(type, wire)
      const isZero = value === '' || value === 0 || value === false
      if (value !== undefined && (!isZero || keepsZero)) object[name] = value
      else delete object[name]
    }
  }

  #value(type: string, wire: WireField): unknown {
    switch (type) {
      case 'string':
        return text(wire)
      case 'bytes':
        return Buffer.from(asBytes(wire)).toString('base64')
      case 'int':
        return asNumber(wire)
      case 'bool':
        return asNumber(wire) !== 0
      case 'Quantity':
        return text(this.byNumber(asBytes(wire)).get(1))
      case 'Time':
        return time(this.byNumber(asBytes(wire)), 0)
      case 'MicroTime':
        return time(this.byNumber(asBytes(wire)), 6)
      case 'IntOrString': {
        const parts = this.byNumber(asBytes(wire))
        const isText = asNumber(parts.get(1)) === 1
        return isText ? text(parts.get(3)) : asNumber(parts.get(2))
      }
      case 'Json':
        return json(this.byNumber(asBytes(wire)).get(1))
      case 'ExtraValue':
        return [...this.#fields(asBytes(wire))].map(text)
      default:
        return this.message(type, asBytes(wire))
    }
  }

  /** The last of each field, as protobuf wants it. */
  byNumber(bytes: Uint8Array): Map<number, WireField> {
    return new Map([...this.#fields(bytes)].map(field => [field.number, field]))
  }

  *#fields(bytes: Uint8Array): Generator<WireField> {
    for (const field of readFields(bytes)) {
      if (++this.#read > MAX_FIELDS) {
        throw new StatusError(
          'RequestEntityTooLarge',
          `Request entity too large: it has more than ${MAX_FIELDS} fields`,
        )
      }
      yield field
    }
  }
}

/** `Time{seconds, nanos}` with that many digits after the second; without seconds there is none. */
function time(parts: Map<number, WireField>, digits: number): string | undefined {
  const seconds = asNumber(parts.get(1))
  if (seconds === 0) return undefined
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) throw new WireError('a time is out of range')
  const fraction = String(asNumber(parts.get(2)))
    .padStart(9, '0')
    .slice(0, digits)
  return date.toISOString().replace('.000Z', digits > 0 ? `.${fraction}Z` : 'Z')
}

/** What Go keeps as raw JSON: the data of a ControllerRevision, the fields of a manager. */
function json(field: WireField | undefined): unknown {
  if (field === undefined) return undefined
  try {
    return JSON.parse(text(field))
  } catch (error) {
    if (error instanceof SyntaxError) throw new WireError(`field ${field.number} is no JSON`)
    throw error
  }
}

function asBytes(field: WireField | undefined): Uint8Array {
  if (field === undefined) return new Uint8Array()
  if (typeof field.value === 'bigint') throw new WireError(`field ${field.number} is a number`)
  return field.value
}

function asNumber(field: WireField | undefined): number {
  if (field === undefined) return 0
  if (typeof field.value !== 'bigint') throw new WireError(`field ${field.number} is no number`)
  return Number(BigInt.asIntN(64, field.value))
}

function text(field: WireField | undefined): string {
  try {
    return utf8.decode(asBytes(field))
  } catch (error) {
    if (error instanceof WireError) throw error
    throw new WireError(`field ${field?.number ?? 0} is no valid UTF-8`)
  }
}
