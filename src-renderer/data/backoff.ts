export interface Backoff {
  /** Milliseconds to wait before the next attempt; doubles each time. */
  next(): number
  reset(): void
}

export interface BackoffOptions {
  firstMs?: number
  maxMs?: number
  /** In [0, 1); spreads attempts of many watches over time. */
  random: () => number
}

/** Exponential back-off with half jitter: between half and the whole of the doubled delay. */
export function createBackoff({ firstMs = 250, maxMs = 8_000, random }: BackoffOptions): Backoff {
  let attempt = 0
  return {
    next() {
      const whole = Math.min(maxMs, firstMs * 2 ** attempt++)
      return Math.round(whole / 2 + (whole / 2) * random())
    },
    reset() {
      attempt = 0
    },
  }
}
