import type { Clock } from './clock.ts'

interface Timer {
  at: number
  callback: () => void
}

/** A clock that stands still until `advance` is called: for tests and for the simulated engine's scale runs. */
export class ManualClock implements Clock {
  #now: number
  #timers = new Set<Timer>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves time on by `ms`, running each timer that falls due, in order, with the microtasks between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
      await new Promise(resolve => setImmediate(resolve))
    }
    this.#now = end
    await new Promise(resolve => setImmediate(resolve))
  }
}
