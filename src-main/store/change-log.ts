import type { Dispose } from '../lib/disposer.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { RevisionCompacted } from './port.ts'

/** How many changes are kept for watchers that come late: whichever bound is reached first. */
export interface WatchWindow {
  events: number
  /** Size of the values in the kept changes. */
  bytes: number
}

interface Listener<E> {
  /** Revision of the last change it was told of (or asked to start after). */
  seen: number
  call: (event: E) => void
}

/** The newest changes, in revision order, and those who want to hear of the next ones. */
export class ChangeLog<E extends { revision: number }> {
  readonly #window: WatchWindow
  readonly #logger: Logger
  readonly #listeners = new Set<Listener<E>>()
  #kept: { event: E; bytes: number }[] = []
  #first = 0
  #bytes = 0
  /** Everything after this revision is kept. */
  #floor: number

  constructor(start: number, window: WatchWindow, logger: Logger) {
    this.#floor = start
    this.#window = window
    this.#logger = logger
  }

  /** Appends a change and tells every listener. One listener's error does not keep it from the others. */
  push(event: E, bytes: number): void {
    this.#kept.push({ event, bytes })
    this.#bytes += bytes
    this.#trim()
    for (const listener of [...this.#listeners]) this.#tell(listener, event)
  }

  /**
   * Calls `listener` with every kept change after `revision`, at once, and then with each new one.
   * @throws RevisionCompacted when changes after `revision` were dropped already
   */
  watch(revision: number, listener: (event: E) => void): Dispose {
    if (revision < this.#floor) throw new RevisionCompacted(revision, this.#floor + 1)
    const entry = { seen: revision, call: listener }
    const missed = this.#kept.slice(this.#firstAfter(revision)).map(({ event }) => event)
    this.#listeners.add(entry)
    for (const event of missed) this.#tell(entry, event)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  #tell(listener: Listener<E>, event: E): void {
    // A listener added while an event is being told has had it from the log already.
    if (event.revision <= listener.seen || !this.#listeners.has(listener)) return
    listener.seen = event.revision
    try {
      listener.call(event)
    } catch (error) {
      this.#logger.error({ err: error, revision: event.revision }, `a watcher failed: ${errorMessage(error)}`)
    }
  }

  #firstAfter(revision: number): number {
    let low = this.#first
    let high = this.#kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#kept[middle]?.event.revision ?? 0) <= revision) low = middle + 1
      else high = middle
    }
    return low
  }

  #trim(): void {
    while (this.#kept.length - this.#first > this.#window.events || this.#bytes > this.#window.bytes) {
      const oldest = this.#kept[this.#first]
      if (!oldest) break
      this.#floor = oldest.event.revision
      this.#bytes -= oldest.bytes
      this.#first++
    }
    // Dropping from the front one by one would move the whole array each time.
    if (this.#first > 1024 || this.#first === this.#kept.length) {
      this.#kept = this.#kept.slice(this.#first)
      this.#first = 0
    }
  }
}
