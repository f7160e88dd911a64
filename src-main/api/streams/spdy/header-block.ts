import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { SPDY_DICTIONARY } from './dictionary.ts'

/** Headers of a stream; kubectl sends a handful of short ones. */
const MAX_BYTES = 64 * 1024

/**
 * One direction's header blocks of one connection: a single zlib stream over all of them, flushed after each, so they
 * must be handled in the order of their frames. One call at a time.
 * Source: draft-mbelshe-httpbis-spdy-00, section 2.6.10.
 */
export class HeaderDecoder {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY })
  #out: Buffer[] = []
  #size = 0

  constructor() {
    this.#inflate.on('data', (bytes: Buffer) => {
      this.#size += bytes.length
      if (this.#size > MAX_BYTES) this.#inflate.destroy(new Error(`headers of more than ${MAX_BYTES} bytes`))
      else this.#out.push(bytes)
    })
    this.#inflate.on('error', () => undefined) // told to whoever waits for a block
  }

  /** @throws Error when the block is damaged or too large */
  async decode(block: Buffer): Promise<Map<string, string>> {
    this.#size = 0
    await flushed(this.#inflate, block)
    return parse(Buffer.concat(this.#out.splice(0)))
  }

  close(): void {
    this.#inflate.destroy()
  }
}

/** The sending direction. One call at a time. */
export class HeaderEncoder {
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY })
  #out: Buffer[] = []

  constructor() {
    this.#deflate.on('data', (bytes: Buffer) => this.#out.push(bytes))
    this.#deflate.on('error', () => undefined) // told to whoever waits for a block
  }

  async encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    await flushed(this.#deflate, serialize(headers))
    return Buffer.concat(this.#out.splice(0))
  }

  close(): void {
    this.#deflate.destroy()
  }
}

function flushed(zlib: Inflate | Deflate, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error?: Error) => reject(error ?? new Error('the connection was closed'))
    const onClose = () => fail()
    zlib.once('error', fail).once('close', onClose)
    zlib.write(bytes)
    zlib.flush(constants.Z_SYNC_FLUSH, () => {
      zlib.off('error', fail).off('close', onClose)
      resolve()
    })
  })
}

/** A count, then for each header its name and value, each with a length of 32 bits in front. */
function parse(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const number = () => {
    const value = block.readUInt32BE(at)
    at += 4
    return value
  }
  const text = () => {
    const length = number()
    if (at + length > block.length) throw new Error('a header is longer than its block')
    at += length
    return block.toString('utf8', at - length, at)
  }
  for (let left = number(); left > 0; left--) {
    const name = text()
    headers.set(name.toLowerCase(), text())
  }
  return headers
}

function serialize(headers: ReadonlyMap<string, string>): Buffer {
  const parts: Buffer[] = [uint32(headers.size)]
  for (const [name, value] of headers) {
    for (const text of [name, value]) {
      const bytes = Buffer.from(text)
      parts.push(uint32(bytes.length), bytes)
    }
  }
  return Buffer.concat(parts)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
