/**
 * The wire format of protocol buffers, as far as Kubernetes and OpenAPI use it.
 * Source: protobuf.dev/programming-guides/encoding.
 */

/** A field of a message that was read: numbers come as varint or fixed, everything else as bytes. */
export interface WireField {
  number: number
  value: bigint | Uint8Array
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** The bytes are no protobuf message. */
export class WireError extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'WireError'
  }
}

/**
 * The fields of one message in their order; nothing inside them is read yet.
 * @throws WireError when the bytes end too early or have a wire type that is no longer in use
 */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new WireError('a number is cut off')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new WireError('a number has more than ten bytes')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new WireError('a field is cut off')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    if (number < 1 || number > 0x1fff_ffff) throw new WireError(`there is no field ${number}`)
    switch (Number(tag & 7n)) {
      case VARINT:
        yield { number, value: varint() }
        break
      case FIXED64:
        yield { number, value: Buffer.from(take(8)).readBigUInt64LE() }
        break
      case FIXED32:
        yield { number, value: BigInt(Buffer.from(take(4)).readUInt32LE()) }
        break
      case BYTES: {
        const length = varint()
        if (length > BigInt(bytes.length)) throw new WireError('a field is cut off')
        yield { number, value: take(Number(length)) }
        break
      }
      default:
        throw new WireError(`field ${number} has wire type ${tag & 7n}, which nobody uses`)
    }
  }
}

/** A message of fields that were written before. */
export function message(...fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(fields)
}

/** A field of text, bytes or another message. */
export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes])
}

/** A field of a number (not below zero) or of a truth value. */
export function numberField(number: number, value: number | boolean): Buffer {
  return Buffer.concat([varint((number << 3) | VARINT), varint(Number(value))])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
