import type { Duplex } from 'node:stream'
import type { Clock } from '../../../lib/clock.ts'
import {
  controlFrame,
  dataHead,
  FLAG_FIN,
  FRAME,
  FrameParser,
  type Frame,
  INITIAL_WINDOW,
  RESET,
  STREAM_ID_MASK,
  words,
} from './frames.ts'
import { HeaderDecoder, HeaderEncoder } from './header-block.ts'
import { SpdyStream, type StreamPort } from './stream.ts'

export interface SpdyConnectionOptions {
  clock: Clock
  /** A stream that the client has opened; it is answered already. */
  onStream(stream: SpdyStream): void
}

/** A port-forward opens two for each connection of its user. */
const MAX_STREAMS = 1000
const MAX_WINDOW = 2 ** 31 - 1
/** While the client is not read, only writing shows that it is gone. */
const PROBE_EVERY_MS = 10_000
/** How long a client may take to close after it was told that all is over. */
const FAREWELL_MS = 5_000
const SETTINGS_INITIAL_WINDOW_SIZE = 7

/**
 * The server's side of SPDY/3.1 over an upgraded connection, as far as Kubernetes' clients speak it: the client opens
 * streams, both sides send data on them.
 *
 * Flow control: Kubernetes' own clients (moby/spdystream) keep no windows: they never send WINDOW_UPDATE and rely on
 * TCP alone. So windows bind us only once the client has sent WINDOW_UPDATE or SETTINGS; until then, and beside it,
 * the transport's own back-pressure does. Towards the client WINDOW_UPDATE is sent as its data is consumed, and a
 * client that sends more than a stream can hold is not read until there is room.
 */
export class SpdyConnection {
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>
  readonly #transport: Duplex
  readonly #options: SpdyConnectionOptions
  readonly #decoder = new HeaderDecoder()
  readonly #encoder = new HeaderEncoder()
  readonly #streams = new Map<number, SpdyStream>()
  readonly #port: StreamPort
  #lastId = 0
  #pingId = 0
  #clientKeepsWindows = false
  #initialWindow = INITIAL_WINDOW
  #leaving = false

  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    this.#transport = transport
    this.#options = options
    const keepsWindows = () => this.#clientKeepsWindows
    this.#port = {
      sendData: (id, bytes, { fin }, done) => this.#sendData(dataHead(id, bytes.length, fin), bytes, done),
      sendWindowUpdate: (id, bytes) => this.#control(FRAME.windowUpdate, words(id, bytes)),
      sendReset: (id, status) => this.#control(FRAME.rstStream, words(id, status)),
      get clientKeepsWindows() {
        return keepsWindows()
      },
      forget: id => this.#streams.delete(id),
    }
    transport.on('error', () => transport.destroy())
    this.closed = this.#run()
  }

  /** Says that nothing more comes, and closes once the client does (or at the latest soon). */
  end(): void {
    if (this.#leaving || this.#transport.destroyed) return
    this.#leaving = true
    this.#control(FRAME.goAway, words(this.#lastId, 0))
    const cancel = this.#options.clock.after(FAREWELL_MS, () => this.#transport.destroy())
    this.#transport.once('close', cancel)
  }

  destroy(): void {
    this.#transport.destroy()
  }

  async #run(): Promise<void> {
    const parser = new FrameParser()
    try {
      for await (const bytes of this.#transport as AsyncIterable<Buffer>) {
        for (const frame of parser.push(bytes)) await this.#handle(frame)
      }
    } catch {
      // damaged frames or a broken connection: both end it, and the streams' owners are told by their streams
      this.#control(FRAME.goAway, words(this.#lastId, RESET.protocolError))
    } finally {
      this.#transport.destroy()
      for (const stream of this.#streams.values()) stream.destroy(new Error('the client is gone'))
      this.#decoder.close()
      this.#encoder.close()
    }
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.type === 'control') return this.#handleControl(frame.kind, frame.flags, frame.payload)
    const full = this.#streams.get(frame.streamId)?.receive(frame.bytes, frame.fin)
    if (full) await this.#hold(full)
  }

  async #handleControl(kind: number, flags: number, payload: Buffer): Promise<void> {
    switch (kind) {
      case FRAME.synStream:
        return this.#open(payload, flags)
      case FRAME.rstStream:
        this.#streams.get(idAt(payload))?.destroy()
        return
      case FRAME.ping:
        if (payload.readUInt32BE(0) % 2 === 0) return // the answer to our own
        this.#control(FRAME.ping, payload.subarray(0, 4))
        return this.#written()
      case FRAME.settings:
        return this.#settings(payload)
      case FRAME.windowUpdate:
        this.#clientKeepsWindows = true
        this.#streams.get(idAt(payload))?.grant(payload.readUInt32BE(4) & MAX_WINDOW)
        return
      case FRAME.headers:
        await this.#decoder.decode(payload.subarray(4)) // else what follows cannot be read
        return
      default: // GOAWAY: it will close; others are not for a server
    }
  }

  async #open(payload: Buffer, flags: number): Promise<void> {
    const id = idAt(payload)
    const headers = await this.#decoder.decode(payload.subarray(10))
    if (id % 2 === 0 || id <= this.#lastId) throw new Error(`a client cannot open stream ${id}`)
    this.#lastId = id
    if (this.#leaving || this.#streams.size >= MAX_STREAMS) {
      this.#control(FRAME.rstStream, words(id, RESET.refusedStream))
      return this.#written()
    }
    const stream = new SpdyStream(id, headers, { port: this.#port, sendWindow: this.#initialWindow })
    this.#streams.set(id, stream)
    stream.on('error', () => undefined) // whoever uses it is told as well
    this.#control(FRAME.synReply, Buffer.concat([words(id), await this.#encoder.encode(new Map())]))
    this.#options.onStream(stream)
    if (flags & FLAG_FIN) void stream.receive(Buffer.alloc(0), true)
    await this.#written()
  }

  #settings(payload: Buffer): void {
    for (let at = 4; at + 8 <= payload.length; at += 8) {
      if ((payload.readUInt32BE(at) & 0xffffff) !== SETTINGS_INITIAL_WINDOW_SIZE) continue
      const size = payload.readUInt32BE(at + 4) & MAX_WINDOW
      this.#clientKeepsWindows = true
      for (const stream of this.#streams.values()) stream.grant(size - this.#initialWindow)
      this.#initialWindow = size
    }
  }

  /** Waits with reading; meanwhile a client that is gone shows by what is written to it. */
  async #hold(full: Promise<void>): Promise<void> {
    const probe = () => {
      this.#pingId = (this.#pingId + 2) & MAX_WINDOW
      this.#control(FRAME.ping, words(this.#pingId))
      cancel = this.#options.clock.after(PROBE_EVERY_MS, probe)
    }
    let cancel = this.#options.clock.after(PROBE_EVERY_MS, probe)
    await this.#unlessClosed(resolve => void full.then(resolve))
    cancel()
  }

  /** What the client makes us answer must not pile up when it does not read. */
  async #written(): Promise<void> {
    if (!this.#transport.writableNeedDrain) return
    await this.#unlessClosed(resolve => this.#transport.once('drain', resolve))
  }

  /** Waits for what `begin` resolves, or for the end of the connection. */
  #unlessClosed(begin: (resolve: () => void) => void): Promise<void> {
    if (this.#transport.destroyed) return Promise.resolve()
    return new Promise<void>(resolve => {
      const done = () => {
        this.#transport.off('close', done)
        resolve()
      }
      this.#transport.once('close', done)
      begin(done)
    })
  }

  #control(kind: number, payload: Buffer): void {
    if (this.#transport.writable) this.#transport.write(controlFrame(kind, payload))
  }

  #sendData(head: Buffer, bytes: Buffer, done: (error?: Error | null) => void): void {
    if (!this.#transport.writable) {
      done(new Error('the client is gone'))
      return
    }
    this.#transport.cork()
    this.#transport.write(head, bytes.length === 0 ? done : undefined)
    if (bytes.length > 0) this.#transport.write(bytes, done)
    this.#transport.uncork()
  }
}

function idAt(payload: Buffer): number {
  return payload.readUInt32BE(0) & STREAM_ID_MASK
}
