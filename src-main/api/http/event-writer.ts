import type { Writable } from 'node:stream'
import { type Dispose, Disposers } from '../../lib/disposer.ts'
import { jsonOf } from './json-text.ts'

/** Changes that may wait for a slow client before it is cut off; it will list and watch again. */
const MAX_WAITING = 10_000
/** How much text may lie in the socket's buffer before we wait for it to drain. */
const HIGH_WATER_BYTES = 1024 * 1024

/**
 * Writes events to a watcher as fast as it takes them. What it does not take yet waits as references to objects that
 * are in the store anyway, and only so many.
 */
export class EventWriter {
  readonly #client: Writable
  readonly #closed = new Disposers()
  #waiting: unknown[] = []
  /** Of those waiting: the ones that were there from the start, which count for no slowness. */
  #expected = 0
  #ending = false
  #draining = false

  constructor(client: Writable) {
    this.#client = client
    client.on('drain', () => {
      this.#draining = false
      this.#write()
    })
    // Not `request.on('close')`: that comes when the body was read, long before the client leaves.
    client.on('close', () => {
      this.#waiting = []
      this.#closed.disposeAll()
    })
    client.on('error', () => client.destroy())
  }

  /** Runs `dispose` when the client is gone; at once when it is gone already. */
  onClose(dispose: Dispose): void {
    if (this.#client.destroyed) dispose()
    else this.#closed.add(dispose)
  }

  /** Writes events of which the number is no sign of a slow client. */
  expect(events: unknown[]): void {
    this.#expected += events.length
    for (const event of events) this.#waiting.push(event)
    this.#write()
  }

  push(event: unknown): void {
    if (this.#ending || this.#client.destroyed) return
    this.#waiting.push(event)
    if (this.#waiting.length - this.#expected > MAX_WAITING) {
      this.#client.destroy()
      return
    }
    this.#write()
  }

  /** Closes the stream once everything is written. */
  end(): void {
    this.#ending = true
    this.#write()
  }

  #write(): void {
    let next = 0
    while (next < this.#waiting.length && !this.#draining && !this.#client.destroyed) {
      const text = encodeEvent(this.#waiting[next++])
      if (!this.#client.write(text) && this.#client.writableLength > HIGH_WATER_BYTES) this.#draining = true
    }
    this.#waiting = this.#waiting.slice(next)
    this.#expected = Math.max(0, this.#expected - next)
    if (this.#ending && this.#waiting.length === 0 && !this.#client.writableEnded) this.#client.end()
  }
}

function encodeEvent(event: unknown): string {
  const { type, object } = event as { type: string; object: object }
  return `{"type":${JSON.stringify(type)},"object":${jsonOf(object)}}\n`
}
