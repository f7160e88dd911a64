/** Types of control frames. Source: draft-mbelshe-httpbis-spdy-00, section 2.6. */
export const FRAME = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

/** Status codes of RST_STREAM. */
export const RESET = { protocolError: 1, refusedStream: 3, cancel: 5, internalError: 6 } as const

export const FLAG_FIN = 1
export const INITIAL_WINDOW = 64 * 1024
export const STREAM_ID_MASK = 0x7fffffff

const VERSION = 3
const HEAD_BYTES = 8
/** Kubernetes' clients send control frames of some ten bytes. */
const MAX_CONTROL_BYTES = 64 * 1024

export type Frame =
  | { type: 'control'; kind: number; flags: number; payload: Buffer }
  /** A DATA frame, or as much of it as has come: `fin` is told with its last part. */
  | { type: 'data'; streamId: number; fin: boolean; bytes: Buffer }

/** Cuts a byte stream into frames. The content of a DATA frame is handed on as it comes, not gathered. */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0)
  #data: { streamId: number; fin: boolean; left: number } | undefined;

  /** @throws Error when the bytes are no SPDY/3 */
  *push(bytes: Buffer): Generator<Frame> {
    let at = 0
    const input = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    this.#rest = Buffer.alloc(0)
    while (at < input.length) {
      if (this.#data) {
        const part = input.subarray(at, at + this.#data.left)
        at += part.length
        this.#data.left -= part.length
        const { streamId, fin, left } = this.#data
        if (left === 0) this.#data = undefined
        yield { type: 'data', streamId, fin: fin && left === 0, bytes: part }
        continue
      }
      if (input.length - at < HEAD_BYTES) break
      const flags = input.readUInt8(at + 4)
      const length = input.readUIntBE(at + 5, 3)
      const word = input.readUInt32BE(at)
      if (word <= STREAM_ID_MASK) {
        at += HEAD_BYTES
        const fin = (flags & FLAG_FIN) !== 0
        if (length > 0) this.#data = { streamId: word, fin, left: length }
        else yield { type: 'data', streamId: word, fin, bytes: Buffer.alloc(0) }
        continue
      }
      const version = (word >>> 16) & 0x7fff
      if (version !== VERSION) throw new Error(`version ${version} of SPDY is not spoken here`)
      if (length > MAX_CONTROL_BYTES) throw new Error(`a control frame of ${length} bytes is too large`)
      if (input.length - at < HEAD_BYTES + length) break
      const payload = input.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length)
      at += HEAD_BYTES + length
      yield { type: 'control', kind: word & 0xffff, flags, payload }
    }
    // a copy, so that a few bytes do not hold a whole chunk
    if (at < input.length) this.#rest = Buffer.from(input.subarray(at))
  }
}

export function controlFrame(kind: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt16BE(0x8000 | VERSION, 0)
  head.writeUInt16BE(kind, 2)
  head.writeUInt8(flags, 4)
  head.writeUIntBE(payload.length, 5, 3)
  return Buffer.concat([head, payload])
}

/** What stands in front of `length` bytes of a stream's data. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(streamId, 0)
  head.writeUInt8(fin ? FLAG_FIN : 0, 4)
  head.writeUIntBE(length, 5, 3)
  return head
}

/** Payload of 32-bit numbers, as most control frames have it. */
export function words(...values: number[]): Buffer {
  const payload = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => payload.writeUInt32BE(value >>> 0, index * 4))
  return payload
}
