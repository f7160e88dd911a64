import { pause } from './pause.ts'

/** How long things took, in ms. */
export class Latencies {
  readonly #ms: number[] = []

  add(ms: number): void {
    this.#ms.push(ms)
  }

  get count(): number {
    return this.#ms.length
  }

  /** The value that a share (0 to 1) of all does not exceed. */
  at(share: number): number {
    const sorted = [...this.#ms].sort((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? NaN
  }

  /** @param start when it was due; a late start is part of how long it took */
  async measure<T>(work: () => Promise<T>, start: number = performance.now()): Promise<T> {
    const result = await work()
    this.add(performance.now() - start)
    return result
  }

  /** `p50 p99 max` as cells. */
  cells(): string[] {
    return [0.5, 0.99, 1].map(share => this.at(share).toFixed(2))
  }
}

/**
 * Does `work` `count` times, `clients` at a time.
 * @param work is told when it was due
 * @param perSecond how often one is due; without it, as soon as a client is free
 * @returns how many a second
 */
export async function inParallel(
  count: number,
  clients: number,
  work: (index: number, due: number) => Promise<unknown>,
  perSecond = Infinity,
): Promise<number> {
  let next = 0
  const start = performance.now()
  const one = async (index: number) => {
    const due = start + (index * 1000) / perSecond
    await pause(due - performance.now())
    await work(index, perSecond === Infinity ? performance.now() : due)
  }
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < count) await one(next++)
    }),
  )
  return count / ((performance.now() - start) / 1000)
}
