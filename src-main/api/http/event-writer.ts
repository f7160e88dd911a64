import type { Writable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { type Dispose, Disposers } from '../../lib/disposer.ts'
import { expired } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import type { EventLines, WatchEvent } from './event-lines.ts'
import { inNextRound } from './watch-rounds.ts'

/** Changes that may wait for a slow client before it is cut off; it will list and watch again. */
const MAX_WAITING = 10_000
/** How much text may lie in the socket's buffer before we wait for it to drain. */
const HIGH_WATER_BYTES = 1024 * 1024
/** One that is cut off has so long to read that it is. */
const LEAVE_MS = 30_000
/** So many ms of writing what was there from the start, and it is the others' turn. */
const PORTION_MS = 10

/** An event that waits for its turn: a reference to an object that is in the store anyway. */
export interface WaitingEvent extends WatchEvent {
  /** What is written of the object; undefined: nothing at all. Default: the object itself. */
  render?: (object: object) => object | undefined
}

/** Writes events to a watcher as fast as it takes them. What it does not take yet waits, and only so much. */
export class EventWriter {
  readonly #client: Writable
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #closed = new Disposers()
  #waiting: WaitingEvent[] = []
  /** Of those waiting: the ones that were there from the start, which count for no slowness. */
  #expected = 0
  #ending = false
  #draining = false

  constructor(client: Writable, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#client = client
    this.#clock = clock
    this.#logger = logger
    client.on('drain', () => {
      this.#draining = false
      inNextRound(this)
    })
    // Not `request.on('close')`: that comes when the body was read, long before the client leaves.
    client.on('close', () => {
      this.#waiting = []
      this.#closed.disposeAll()
    })
    client.on('error', () => client.destroy())
  }

  /** Runs `dispose` when the client is gone or cut off; at once when it is gone already. */
  onClose(dispose: Dispose): void {
    if (this.#client.destroyed) dispose()
    else this.#closed.add(dispose)
  }

  /** Writes events of which the number is no sign of a slow client. */
  expect(events: readonly WaitingEvent[]): void {
    this.#expected += events.length
    for (const event of events) this.#waiting.push(event)
    inNextRound(this)
  }

  push(event: WaitingEvent): void {
    if (this.#ending || this.#client.destroyed) return
    this.#waiting.push(event)
    if (this.#waiting.length - this.#expected > MAX_WAITING) this.#cutOff()
    inNextRound(this)
  }

  /** Closes the stream once everything is written. */
  end(): void {
    this.#ending = true
    inNextRound(this)
  }

  /** Writes what the client takes now. */
  write(lines: EventLines): void {
    const until = performance.now() + PORTION_MS
    let next = 0
    const isBeginning = this.#expected > 0
    this.#client.cork()
    try {
      while (next < this.#waiting.length && this.#takesMore && !(isBeginning && performance.now() > until)) {
        const { type, object, render } = this.#waiting[next++] as WaitingEvent
        const rendered = render ? render(object) : object
        if (!rendered) continue
        const written = this.#client.write(lines.lineOf({ type, object: rendered }))
        if (!written && this.#client.writableLength > HIGH_WATER_BYTES) this.#draining = true
      }
    } catch (error) {
      // The others' events must go on; this client lists and watches again.
      this.#logger.error({ err: error }, 'a watch broke off: an event cannot be written')
      this.#client.destroy()
    } finally {
      this.#client.uncork()
    }
    this.#waiting = next < this.#waiting.length ? this.#waiting.slice(next) : []
    if (this.#waiting.length > 0 && this.#takesMore) inNextRound(this)
    this.#expected = Math.max(0, this.#expected - next)
    if (this.#ending && this.#waiting.length === 0 && !this.#client.writableEnded) this.#client.end()
  }

  get #takesMore(): boolean {
    return !this.#draining && !this.#client.destroyed
  }

  /** Instead of the changes that it does not get, the client is told that it has missed some. */
  #cutOff(): void {
    this.#closed.disposeAll()
    this.#waiting = [{ type: 'ERROR', object: expired('too many changes wait for this watch').toStatus() }]
    this.#ending = true
    this.#closed.add(this.#clock.after(LEAVE_MS, () => this.#client.destroy()))
  }
}
