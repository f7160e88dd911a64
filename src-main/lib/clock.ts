/** Time as a dependency: production passes `systemClock`, tests pass a clock they can move. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Runs `callback` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void
}

/** The longest delay of one timer of Node, in ms (24.8 days); a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    let timer: NodeJS.Timeout
    const wait = (left: number) => {
      timer =
        left > LONGEST_TIMER_MS
          ? setTimeout(() => wait(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
          : setTimeout(callback, left)
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
}

/**
 * Resolves after `ms` milliseconds of `clock`, or rejects with the signal's reason when it is aborted first.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** What `work` comes to; undefined when that takes longer than `ms` milliseconds of `clock`. The work itself goes on. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  const over = new AbortController()
  const late = sleep(clock, ms, over.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}

/** An instant in Kubernetes' `metav1.Time` format: RFC 3339, UTC, whole seconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** An instant in Kubernetes' `metav1.MicroTime` format: RFC 3339, UTC, microseconds. */
export function formatMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z')
}
