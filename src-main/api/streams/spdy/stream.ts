import { Duplex } from 'node:stream'
import { INITIAL_WINDOW, RESET } from './frames.ts'

/** What a stream needs of its connection. */
export interface StreamPort {
  /** `done` is called when the bytes have left for the client, or cannot. */
  sendData(id: number, bytes: Buffer, options: { fin: boolean }, done: (error?: Error | null) => void): void
  sendWindowUpdate(id: number, bytes: number): void
  sendReset(id: number, status: number): void
  /** True once the client has shown that it keeps windows. */
  readonly clientKeepsWindows: boolean
  /** The stream is over in both directions. */
  forget(id: number): void
}

/** One frame's data; small enough that streams of a connection take turns. */
const MAX_DATA_BYTES = 32 * 1024
/** What a client that keeps no windows may send ahead; then its connection is read no further. */
const MAX_UNREAD_BYTES = 256 * 1024

/**
 * One stream of a connection. Ending it half-closes (FLAG_FIN); destroying it resets it. Reading grants the client as
 * much again. Memory is bounded in both directions: at most a window or `MAX_UNREAD_BYTES` wait to be read, and a
 * write is done only when its bytes have left.
 */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: ReadonlyMap<string, string>
  readonly #port: StreamPort
  #unread: Buffer[] = []
  #unreadBytes = 0
  /** Not yet granted anew. */
  #consumed = 0
  #wanted = false
  #remoteEnded = false
  #release: (() => void) | undefined
  #sendWindow: number
  #waiting: (() => void) | undefined

  constructor(
    id: number,
    headers: ReadonlyMap<string, string>,
    { port, sendWindow = INITIAL_WINDOW }: { port: StreamPort; sendWindow?: number },
  ) {
    super({
      allowHalfOpen: true,
      readableHighWaterMark: INITIAL_WINDOW,
      writableHighWaterMark: MAX_DATA_BYTES,
    })
    this.id = id
    this.headers = headers
    this.#port = port
    this.#sendWindow = sendWindow
  }

  /**
   * Data from the client.
   * @returns a promise to wait for before reading on, when too much is unread
   */
  receive(bytes: Buffer, fin: boolean): Promise<void> | undefined {
    if (this.destroyed || this.#remoteEnded) return undefined
    if (bytes.length > 0) {
      this.#unread.push(bytes)
      this.#unreadBytes += bytes.length
    }
    this.#remoteEnded = fin
    this.#deliver()
    if (this.#unreadBytes <= MAX_UNREAD_BYTES) return undefined
    return new Promise(resolve => (this.#release = resolve))
  }

  /** The client takes so many more bytes (fewer, when it made its windows smaller). */
  grant(bytes: number): void {
    this.#sendWindow += bytes
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  override _read(): void {
    this.#wanted = true
    this.#deliver()
  }

  #deliver(): void {
    while (this.#wanted) {
      const bytes = this.#unread.shift()
      if (bytes === undefined) break
      this.#unreadBytes -= bytes.length
      this.#wanted = this.push(bytes)
      this.#consumed += bytes.length
    }
    if (this.#consumed >= INITIAL_WINDOW / 2 && !this.#remoteEnded) {
      this.#port.sendWindowUpdate(this.id, this.#consumed)
      this.#consumed = 0
    }
    if (this.#unreadBytes <= MAX_UNREAD_BYTES) this.#letGo()
    if (this.#remoteEnded && this.#unread.length === 0) this.push(null)
  }

  #letGo(): void {
    const release = this.#release
    this.#release = undefined
    release?.()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, done)
  }

  /** Sends as much as the window lets, and waits for the rest. */
  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const allowed = this.#port.clientKeepsWindows ? Math.max(0, this.#sendWindow) : Infinity
    const length = Math.min(bytes.length, MAX_DATA_BYTES, allowed)
    if (length === 0 && bytes.length > 0) {
      this.#waiting = () => this.#send(bytes, done)
      return
    }
    this.#sendWindow -= length
    this.#port.sendData(this.id, bytes.subarray(0, length), { fin: false }, error => {
      if (error || length === bytes.length) done(error)
      else this.#send(bytes.subarray(length), done)
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#port.sendData(this.id, Buffer.alloc(0), { fin: true }, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const over = this.writableFinished && this.#remoteEnded
    if (!over) this.#port.sendReset(this.id, error ? RESET.internalError : RESET.cancel)
    this.#unread = []
    this.#unreadBytes = 0
    this.#letGo()
    this.#waiting = undefined
    this.#port.forget(this.id)
    done(error)
  }
}
