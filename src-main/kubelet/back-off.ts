import type { Clock } from '../lib/clock.ts'

interface Entry {
  delayMs: number
  until: number
}

/**
 * When something that failed may be tried again: after 10 s, doubling to 5 min; forgotten when it was quiet for twice
 * the longest delay. Source: kubernetes client-go/util/flowcontrol/backoff.go with the kubelet's numbers.
 */
export class BackOff {
  readonly #clock: Clock
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, { initialMs = 10_000, maxMs = 300_000 } = {}) {
    this.#clock = clock
    this.#initialMs = initialMs
    this.#maxMs = maxMs
  }

  /** Counts a failure. @returns ms since the epoch, before which it should not be tried again */
  failed(key: string): number {
    const now = this.#clock.now()
    const last = this.#entries.get(key)
    const quiet = last !== undefined && now - last.until > 2 * this.#maxMs
    const delayMs = last && !quiet ? Math.min(last.delayMs * 2, this.#maxMs) : this.#initialMs
    const until = now + delayMs
    this.#entries.set(key, { delayMs, until })
    return until
  }

  /** It has failed again after a while: holds it for the delay in force. Nothing for one that has not failed before. */
  hold(key: string): void {
    const now = this.#clock.now()
    const last = this.#entries.get(key)
    if (last && now - last.until <= 2 * this.#maxMs) last.until = Math.max(last.until, now + last.delayMs)
  }

  /** Ms since the epoch before which it should not be tried; 0 when it may be tried at any time. */
  until(key: string): number {
    const entry = this.#entries.get(key)
    return entry && entry.until > this.#clock.now() ? entry.until : 0
  }

  /** The delay in force, in ms, for messages. */
  delay(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }
}

/** `10s`, `2m40s`, as Go prints a duration. */
export function formatDelay(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}
