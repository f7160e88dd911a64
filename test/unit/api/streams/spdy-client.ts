import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import {
  controlFrame,
  dataHead,
  FLAG_FIN,
  FRAME,
  FrameParser,
  words,
} from '../../../../src-main/api/streams/spdy/frames.ts'
import { HeaderEncoder } from '../../../../src-main/api/streams/spdy/header-block.ts'

/** The client's side of SPDY, frame by frame, so that a test can also behave badly. */
export class SpdyClient {
  readonly received = new Map<number, { bytes: Buffer; fin: boolean }>()
  readonly frames: { kind: number; payload: Buffer }[] = []
  readonly #transport: Duplex
  readonly #encoder = new HeaderEncoder()
  #changed: () => void = () => undefined

  constructor(transport: Duplex) {
    this.#transport = transport
    const parser = new FrameParser()
    transport.on('error', () => undefined)
    transport.on('data', (bytes: Buffer) => {
      for (const frame of parser.push(bytes)) {
        if (frame.type === 'control')
          this.frames.push({ kind: frame.kind, payload: Buffer.from(frame.payload) })
        else {
          const before = this.received.get(frame.streamId)
          const all = Buffer.concat([before?.bytes ?? Buffer.alloc(0), frame.bytes])
          this.received.set(frame.streamId, { bytes: all, fin: before?.fin === true || frame.fin })
        }
      }
      this.#changed()
    })
    transport.on('close', () => this.#changed())
  }

  async open(id: number, headers: Record<string, string>, { fin = false } = {}): Promise<void> {
    const block = await this.#encoder.encode(new Map(Object.entries(headers)))
    const payload = Buffer.concat([words(id, 0), Buffer.alloc(2), block])
    this.#transport.write(controlFrame(FRAME.synStream, payload, fin ? FLAG_FIN : 0))
  }

  /** @returns false when the transport is full */
  send(id: number, data: string | Buffer, { fin = false } = {}): boolean {
    const bytes = Buffer.from(data)
    return this.#transport.write(Buffer.concat([dataHead(id, bytes.length, fin), bytes]))
  }

  control(kind: number, ...values: number[]): void {
    this.#transport.write(controlFrame(kind, words(...values)))
  }

  text(id: number): string {
    return this.received.get(id)?.bytes.toString() ?? ''
  }

  length(id: number): number {
    return this.received.get(id)?.bytes.length ?? 0
  }

  ended(id: number): boolean {
    return this.received.get(id)?.fin ?? false
  }

  count(kind: number): number {
    return this.frames.filter(frame => frame.kind === kind).length
  }

  /** Waits until something of what came makes it true. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => (this.#changed = resolve))
  }

  async drained(): Promise<void> {
    if (this.#transport.writableNeedDrain) await once(this.#transport, 'drain')
  }

  close(): void {
    this.#transport.destroy()
  }
}
