import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** Where a line lies: bytes from the start of the file, newline included. */
export interface Span {
  offset: number
  length: number
}

const CHUNK = 1024 * 1024

/**
 * Where a write can wait for the disk by itself it does: one turn in the thread pool for each batch instead of two.
 * Not on macOS, where only fdatasync, as Node has it, makes the disk empty its own cache.
 */
const WAITS_FOR_DISK = process.platform === 'linux'
const SYNCED = WAITS_FOR_DISK ? constants.O_DSYNC : 0

/**
 * A file that only grows by whole, flushed appends. A failed append leaves nothing behind: the file is cut back to
 * where it was, if need be before the next append.
 */
export class DataFile {
  readonly #handle: FileHandle
  #size: number
  #ragged = false
  #readers = 0
  #retired = false

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle
    this.#size = size
  }

  /** @param flags `r+` for an existing file, `w+` for a new, empty one */
  static async open(path: string, flags: 'r+' | 'w+'): Promise<DataFile> {
    const created = flags === 'w+' ? constants.O_CREAT | constants.O_TRUNC : 0
    const handle = await open(path, constants.O_RDWR | created | SYNCED, 0o600)
    try {
      const { size } = await handle.stat()
      return new DataFile(handle, size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes that are safely in the file. */
  get size(): number {
    return this.#size
  }

  /**
   * Writes at the end and waits for the disk.
   * @returns the offset of the first byte
   * @throws the system's error; the file is as before then
   */
  async append(bytes: Buffer): Promise<number> {
    const offset = this.#size
    await this.#cutBack()
    try {
      this.#ragged = true
      await this.#write(bytes, offset)
      if (!WAITS_FOR_DISK) await this.#handle.datasync()
      this.#ragged = false
    } catch (error) {
      // When even this fails the next append tries again, before it writes.
      await this.#cutBack().catch(() => undefined)
      throw error
    }
    this.#size += bytes.length
    return offset
  }

  /** Reads the spans, which must be in the order of their offsets, in few large reads. */
  async *read<S extends Span>(spans: readonly S[]): AsyncGenerator<{ span: S; bytes: Buffer }[]> {
    this.#readers++
    try {
      for (let from = 0; from < spans.length;) {
        const start = spans[from]?.offset ?? 0
        let to = from + 1
        for (let next = spans[to]; next && next.offset + next.length - start <= CHUNK; next = spans[to]) to++
        const group = spans.slice(from, to)
        const last = group.at(-1)
        const buffer = await this.#readFully(start, last ? last.offset + last.length - start : 0)
        yield group.map(span => ({
          span,
          bytes: buffer.subarray(span.offset - start, span.offset - start + span.length),
        }))
        from = to
      }
    } finally {
      this.#readers--
      await this.#closeIfUnused()
    }
  }

  /** Appends another file's bytes from `offset` to `end`. */
  async appendFrom(other: DataFile, offset: number, end: number): Promise<void> {
    for (let at = offset; at < end; at += CHUNK) {
      await this.append(await other.#readFully(at, Math.min(CHUNK, end - at)))
    }
  }

  /** Closes the file once nobody reads it any more. */
  async retire(): Promise<void> {
    this.#retired = true
    await this.#closeIfUnused()
  }

  async #closeIfUnused(): Promise<void> {
    if (this.#retired && this.#readers === 0) await this.#handle.close()
  }

  async #cutBack(): Promise<void> {
    if (!this.#ragged) return
    await this.#handle.truncate(this.#size)
    this.#ragged = false
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }

  async #readFully(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length)
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#handle.read(buffer, done, length - done, position + done)
      if (bytesRead === 0)
        throw new Error(`the data file ends at ${position + done}: it was cut from outside`)
      done += bytesRead
    }
    return buffer
  }
}
