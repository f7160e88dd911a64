import type { Timers } from './timers.ts'

export interface Batcher<T> {
  push(item: T): void
  /** Applies what is waiting now. */
  flush(): void
  /** Drops what is waiting. */
  clear(): void
}

export interface BatcherOptions {
  timers: Timers
  /** The shortest time between two applications. */
  intervalMs?: number
}

/**
 * Gathers items and hands them over together. The first item after a quiet spell goes out on the next turn of the
 * event loop, so that one change shows at once; a burst goes out at most every `intervalMs`.
 */
export function createBatcher<T>(apply: (items: T[]) => void, options: BatcherOptions): Batcher<T> {
  const { timers, intervalMs = 100 } = options
  let waiting: T[] = []
  let cancel: (() => void) | undefined
  let last = -Infinity

  function flush() {
    cancel?.()
    cancel = undefined
    if (waiting.length === 0) return
    const items = waiting
    waiting = []
    last = timers.now()
    apply(items)
  }

  return {
    push(item) {
      waiting.push(item)
      cancel ??= timers.after(Math.max(0, last + intervalMs - timers.now()), flush)
    },
    flush,
    clear() {
      cancel?.()
      cancel = undefined
      waiting = []
    },
  }
}
