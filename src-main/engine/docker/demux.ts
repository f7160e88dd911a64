import type { LogChunk } from '../engine.ts'

const HEADER_BYTES = 8
const STDERR = 2

/**
 * Takes Docker's multiplexed stream apart. Each frame is a stream number (0 stdin, 1 stdout, 2 stderr), three zero
 * bytes, a big-endian length and that many bytes. Source: Docker Engine API, "Attach to a container, stream format".
 *
 * A frame is handed on as its bytes arrive: nothing waits for the end of a long one and nothing is copied.
 */
export class Demultiplexer {
  #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #left = 0

  /** The pieces within the next bytes of the stream. */
  push(bytes: Buffer): LogChunk[] {
    const chunks: LogChunk[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#left === 0) at += this.#takeHeader(bytes, at)
      const take = Math.min(this.#left, bytes.length - at)
      if (take === 0) continue
      const stream = this.#header[0] === STDERR ? 'stderr' : 'stdout'
      chunks.push({ stream, data: bytes.subarray(at, at + take) })
      at += take
      this.#left -= take
    }
    return chunks
  }

  #takeHeader(bytes: Buffer, at: number): number {
    const take = Math.min(HEADER_BYTES - this.#headerBytes, bytes.length - at)
    bytes.copy(this.#header, this.#headerBytes, at, at + take)
    this.#headerBytes += take
    if (this.#headerBytes === HEADER_BYTES) {
      this.#left = this.#header.readUInt32BE(4)
      this.#headerBytes = 0
    }
    return take
  }
}
