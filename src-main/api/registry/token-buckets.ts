import type { Clock } from '../../lib/clock.ts'

/** One token bucket per key: `burst` at once, then one more each `refillMs`. Full buckets are forgotten. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #burst: number
  readonly #refillMs: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(clock: Clock, { burst, refillMs }: { burst: number; refillMs: number }) {
    this.#clock = clock
    this.#burst = burst
    this.#refillMs = refillMs
  }

  /** True when the key may go on, and then it costs a token. */
  take(key: string): boolean {
    const now = this.#clock.now()
    if (this.#buckets.size > 4096) this.#forgetFull(now)
    const bucket = this.#buckets.get(key)
    const tokens = bucket ? this.#refilled(bucket, now) : this.#burst
    if (tokens < 1) return false
    this.#buckets.set(key, { tokens: tokens - 1, at: now })
    return true
  }

  #refilled({ tokens, at }: { tokens: number; at: number }, now: number): number {
    return Math.min(this.#burst, tokens + (now - at) / this.#refillMs)
  }

  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#refilled(bucket, now) >= this.#burst) this.#buckets.delete(key)
    }
  }
}
