import type { Clock } from '../../lib/clock.ts'

const FIRST_BACK_OFF_MS = 20
/** After so many starts, I/O has its turn: after a restart thousands of keys find nothing to do, and never wait. */
const BATCH = 64
const LAST_BACK_OFF_MS = 60_000
/** Timers cannot wait for more than 24.8 days; a look too early does no harm. */
const LONGEST_WAIT_MS = 24 * 3_600_000

/** When to look at a key again although nothing happened; undefined: not before something does. */
export type Outcome = { againAfterMs: number } | undefined | void

export interface WorkQueueOptions {
  clock: Clock
  /** How many keys are worked on at a time. Default 4. */
  workers?: number
  process(key: string): Promise<Outcome>
  /** A key failed for the `failures`th time in a row; it is tried again after a back-off. */
  onError(key: string, error: unknown, failures: number): void
}

/**
 * Keys that need work. A key waits at most once, is worked on by one worker at a time, and when it is added while
 * it is being worked on it runs once more afterwards. A key that fails is tried again after 20 ms, doubling to 60 s.
 * Each key has at most one timer (back-off or `againAfterMs`), which its next run replaces: a run looks at
 * everything again and so always knows best when to look next.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #workers: number
  readonly #waiting = new Set<string>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #dirty = new Set<string>()
  readonly #timers = new Map<string, () => void>()
  readonly #failures = new Map<string, number>()
  #fillPlanned = false
  #fills = 0
  #stopped = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#workers = options.workers ?? 4
  }

  /** Never runs anything synchronously: it is called from within watch callbacks. */
  add(key: string): void {
    if (this.#stopped) return
    if (this.#running.has(key)) {
      this.#dirty.add(key)
      return
    }
    this.#waiting.add(key)
    this.#planFill()
  }

  /** Takes no more work; resolves when what is being worked on has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#waiting.clear()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    await Promise.all(this.#running.values())
  }

  #planFill(): void {
    if (this.#fillPlanned) return
    this.#fillPlanned = true
    const plan = ++this.#fills % BATCH === 0 ? setImmediate : queueMicrotask
    plan(() => {
      this.#fillPlanned = false
      this.#fill()
    })
  }

  #fill(): void {
    for (const key of this.#waiting) {
      if (this.#stopped || this.#running.size >= this.#workers) return
      this.#waiting.delete(key)
      this.#cancelTimer(key)
      this.#running.set(key, this.#run(key))
    }
  }

  async #run(key: string): Promise<void> {
    let waitMs: number | undefined
    try {
      const outcome = await this.#options.process(key)
      this.#failures.delete(key)
      waitMs = outcome?.againAfterMs
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1
      this.#failures.set(key, failures)
      waitMs = Math.min(LAST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1))
      this.#options.onError(key, error, failures)
    }
    this.#running.delete(key)
    if (this.#stopped) return
    if (this.#dirty.delete(key)) this.#waiting.add(key)
    else if (waitMs !== undefined) this.#addAfter(key, waitMs)
    this.#planFill()
  }

  #addAfter(key: string, ms: number): void {
    const cancel = this.#options.clock.after(Math.min(ms, LONGEST_WAIT_MS), () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, cancel)
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.()
    this.#timers.delete(key)
  }
}
