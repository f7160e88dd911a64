import type { Timers } from '../../../src-renderer/data/timers.ts'

/** Timers that stand still until the test moves them. */
export class ManualTimers implements Timers {
  #now = 0
  #waiting: { at: number; callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + ms, callback }
    this.#waiting.push(entry)
    return () => (this.#waiting = this.#waiting.filter(other => other !== entry))
  }

  /** Lets time pass, and what was promised in it run. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const next = this.#waiting.filter(entry => entry.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#waiting = this.#waiting.filter(entry => entry !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = end
    await settle()
  }
}

/** Lets promises that are ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
