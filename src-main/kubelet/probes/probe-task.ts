import type { Clock } from '../../lib/clock.ts'
import type { Probe, ProbeResult } from './result.ts'

/** Extra looks at a container that has just started: after 100 ms, doubling, for so long. */
const FIRST_LOOK_MS = 100
const LOOKS_END_MS = 10_000
/** Tries of all tasks begin together this often: waking up for each of them costs more than the try. */
const TOGETHER_MS = 200

export interface ProbeTaskOptions {
  clock: Clock
  /** From 0 to 1. */
  random: () => number
  probe: Probe
  /** How long until the first try. */
  delayMs: number
  /**
   * Look often until the first success. Only success counts then: a container is not late because it is asked early.
   */
  eager: boolean
  run(): Promise<ProbeResult>
  /** Each failure that counts, and what is wrong with the probe itself. */
  onFailure(result: ProbeResult): void
  /** As many successes, or failures, in a row as the probe's threshold asks for. */
  onVerdict(healthy: boolean): void
}

/**
 * Repeats one probe of one run of a container. The first try that counts is after a random part of the period, so that
 * the probes of pods that start together spread out.
 * Source: kubernetes pkg/kubelet/prober/worker.go; the eager looks are our own.
 */
export class ProbeTask {
  readonly #options: ProbeTaskOptions
  readonly #periodMs: number
  #cancelTick: () => void = () => undefined
  #cancelLook: () => void = () => undefined
  #nextTick = 0
  #trying = false
  #stopped = false
  #last: 'success' | 'failure' | undefined
  #inARow = 0

  constructor(options: ProbeTaskOptions) {
    this.#options = options
    this.#periodMs = (options.probe.periodSeconds ?? 10) * 1000
  }

  start(): void {
    const { clock, random, delayMs, eager, probe } = this.#options
    const now = clock.now()
    const first = now + delayMs + Math.floor(random() * this.#periodMs)
    this.#nextTick = together(first)
    this.#cancelTick = clock.after(this.#nextTick - now, () => this.#tick())
    if (eager && (probe.successThreshold ?? 1) === 1) {
      this.#cancelLook = clock.after(delayMs, () => this.#look(FIRST_LOOK_MS))
    }
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTick()
    this.#cancelLook()
  }

  #tick(): void {
    const { clock } = this.#options
    const now = clock.now()
    this.#nextTick += this.#periodMs
    if (this.#nextTick <= now) this.#nextTick = together(now + this.#periodMs) // the computer slept
    this.#cancelTick = clock.after(this.#nextTick - now, () => this.#tick())
    void this.#try(true)
  }

  #look(nextMs: number): void {
    if (this.#last === 'success') return
    void this.#try(false).then(() => {
      if (this.#stopped || this.#last === 'success' || nextMs > LOOKS_END_MS / 2) return
      this.#cancelLook = this.#options.clock.after(nextMs, () => this.#look(nextMs * 2))
    })
  }

  async #try(counts: boolean): Promise<void> {
    if (this.#trying) return
    this.#trying = true
    const result = await this.#options
      .run()
      .catch((error: unknown): ProbeResult => ({ outcome: 'unknown', message: String(error) }))
    this.#trying = false
    const { outcome } = result
    if (this.#stopped || outcome === 'unknown' || (outcome !== 'success' && !counts)) return
    if (outcome === 'error') this.#options.onFailure(result)
    else this.#count(outcome, result)
  }

  #count(outcome: 'success' | 'failure', result: ProbeResult): void {
    const { probe, onFailure, onVerdict } = this.#options
    this.#inARow = this.#last === outcome ? this.#inARow + 1 : 1
    this.#last = outcome
    const healthy = outcome === 'success'
    if (!healthy) onFailure(result)
    const enough = (healthy ? probe.successThreshold : probe.failureThreshold) ?? (healthy ? 1 : 3)
    if (this.#inARow >= enough) onVerdict(healthy)
  }
}

/** The next instant, in ms since the epoch, at which tries begin. */
function together(ms: number): number {
  return Math.ceil(ms / TOGETHER_MS) * TOGETHER_MS
}
