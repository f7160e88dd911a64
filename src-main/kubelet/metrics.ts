import type { Measurement, NodeUsage, PodUsage } from '../api/metrics/metrics-source.ts'
import type { ContainerStats, Engine } from '../engine/engine.ts'
import { sleep, type Clock } from '../lib/clock.ts'
import type { Dispose } from '../lib/disposer.ts'
import type { Logger } from '../lib/logger.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import { Semaphore } from './semaphore.ts'

/** A measurement as old as this is measured again, and so long is the window of CPU as a rule. */
const PERIOD_MS = 15_000
/** After this long without a question nothing is measured any more. */
const IDLE_MS = 2 * 60_000
/** The first question waits for a second sample this long after the first: CPU use is a difference. */
const FIRST_WINDOW_MS = 1_000
/** Containers asked at the same time. */
const AT_ONCE = 8

interface Sample {
  podUid: string
  container: string
  stats: ContainerStats
}

export interface MetricsOptions {
  engine: Engine
  clusterId: string
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

/**
 * What the containers of one server use. It costs nothing while nobody asks: the first question takes two samples, and
 * from then on one is taken every 15 s until nobody has asked for two minutes.
 */
export class NodeMetrics {
  readonly #options: MetricsOptions
  readonly #slots = new Semaphore(AT_ONCE)
  #previous: ReadonlyMap<string, Sample> | undefined
  #latest: ReadonlyMap<string, Sample> | undefined
  #askedAt = 0
  #sampling: Promise<void> | undefined
  #timer: Dispose | undefined

  constructor(options: MetricsOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#timer?.(), { once: true })
  }

  /** One pod's containers; undefined when none of them was there for two samples. */
  async pod(uid: string): Promise<PodUsage | undefined> {
    await this.#fresh()
    const rates = this.#rates().filter(({ podUid, container }) => podUid === uid && container !== SANDBOX)
    if (rates.length === 0) return undefined
    return {
      ...measurementOf(rates),
      containers: rates.map(({ container, cpuNanoCores, memoryBytes }) => ({
        name: container,
        cpuNanoCores,
        memoryBytes,
      })),
    }
  }

  /** All containers of this cluster on the server together: without an agent there, nothing else is known of it. */
  async node(): Promise<NodeUsage | undefined> {
    await this.#fresh()
    if (!this.#previous) return undefined
    const rates = this.#rates()
    const measurement =
      rates.length > 0 ? measurementOf(rates) : { at: this.#options.clock.now(), windowMs: PERIOD_MS }
    return {
      ...measurement,
      cpuNanoCores: rates.reduce((sum, { cpuNanoCores }) => sum + cpuNanoCores, 0),
      memoryBytes: rates.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    }
  }

  /** Resolves once there are two samples, the newer one taken lately. */
  async #fresh(): Promise<void> {
    this.#askedAt = this.#options.clock.now()
    if (this.#timer && this.#previous) return
    this.#sampling ??= this.#begin()
      .catch(error => this.#failed(error))
      .finally(() => (this.#sampling = undefined))
    await this.#sampling
  }

  async #begin(): Promise<void> {
    const { clock, signal } = this.#options
    await this.#sample()
    await sleep(clock, FIRST_WINDOW_MS, signal)
    await this.#sample()
    this.#again()
  }

  #again(): void {
    const { clock, signal } = this.#options
    if (signal.aborted) return
    this.#timer = clock.after(PERIOD_MS, () => {
      if (clock.now() - this.#askedAt >= IDLE_MS) this.#forget()
      else
        this.#sample().then(
          () => this.#again(),
          error => this.#failed(error),
        )
    })
  }

  #failed(error: unknown): void {
    const { logger, signal } = this.#options
    this.#forget()
    if (!signal.aborted) logger.warn({ err: error }, 'could not measure the containers')
  }

  /** Old figures are worse than none; the next question begins anew. */
  #forget(): void {
    this.#timer = this.#previous = this.#latest = undefined
  }

  async #sample(): Promise<void> {
    const { engine, clusterId } = this.#options
    const listed = await engine.listContainers({ [LABEL.cluster]: clusterId })
    const samples = new Map<string, Sample>()
    await Promise.all(
      listed
        .filter(({ state }) => state === 'running')
        .map(({ id, labels }) =>
          this.#slots.run(async () => {
            const stats = await engine.containerStats(id)
            const podUid = labels[LABEL.podUid]
            if (stats && podUid) samples.set(id, { podUid, container: labels[LABEL.container] ?? '', stats })
          }),
        ),
    )
    this.#previous = this.#latest
    this.#latest = samples
  }

  #rates(): Rate[] {
    return [...(this.#latest ?? [])].flatMap(([id, sample]) => {
      const before = this.#previous?.get(id)
      return before ? (rateOf(before, sample) ?? []) : []
    })
  }
}

interface Rate extends Measurement {
  podUid: string
  container: string
  cpuNanoCores: number
  memoryBytes: number
}

/** Undefined when the container began anew between the samples: its counter did, too. */
function rateOf({ stats: before }: Sample, { podUid, container, stats }: Sample): Rate | undefined {
  const windowMs = stats.at - before.at
  const used = stats.cpuUsageNanos - before.cpuUsageNanos
  if (windowMs <= 0 || used < 0) return undefined
  return {
    podUid,
    container,
    at: stats.at,
    windowMs,
    cpuNanoCores: (used / windowMs) * 1000,
    memoryBytes: stats.memoryWorkingSetBytes,
  }
}

/** The newest end and the longest window of several. */
function measurementOf(rates: readonly Rate[]): Measurement {
  return {
    at: Math.max(...rates.map(({ at }) => at)),
    windowMs: Math.max(...rates.map(({ windowMs }) => windowMs)),
  }
}
