import type { Engine } from '../engine/engine.ts'
import { sleep, type Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { AppliedParts } from './applied-parts.ts'
import { ensureSystemImage, type Lender } from './ensure-image.ts'
import type { PlannedPart } from './plan/server-plan.ts'
import { type ConnectionTargets, staleConnections, staleTargets } from './stale-connections.ts'
import { ensureStarter } from './starter-container.ts'
import { SystemContainer, type SystemState } from './system-container.ts'
import { SystemContainerEnded, untilSystemContainerEnds } from './system-container-end.ts'
import type { SystemImage } from './system-image.ts'

/** What one server should have: its files, and where connections that go on may lead. */
export interface WantedNetwork extends ConnectionTargets {
  parts: PlannedPart[]
  /** Here certificates for these hosts are obtained, separated by blanks: `''` on all servers but one. */
  acmeHosts: string
}

export interface ServerNetworkOptions {
  engine: Engine
  /** Docker's socket, as a path on the server. */
  dockerSocket(): string
  clusterId: string
  image: () => Promise<SystemImage>
  /** The other connected servers, for one that cannot build the image itself. */
  lenders(): Lender[]
  clock: Clock
  logger: Logger
  /** Undefined while the server has no pod network yet. */
  wanted(): WantedNetwork | undefined
  /** Resolves when the other servers have what they should have, as far as they can be changed. */
  othersSettled(): Promise<void>
  /** The server has told what it can do. */
  onState(state: SystemState): Promise<void>
  /** It could not build the image and has got it from this server. */
  onImageCopied(from: string): void
  /** All is applied (undefined), or why not. Called at every change of that. */
  onHealth(problem: unknown): Promise<void>
}

/** Changes that come together are applied together. */
const DEBOUNCE_MS = 50
/**
 * After a round that took long there is a rest as long as it: changes without end keep a server, and the connection to it,
 * busy half of the time at most. Whoever comes after that waits for nothing.
 */
const LONGEST_REST_MS = 1_000
/** A port that was taken may be free again: the server tries by itself, and is asked so often. */
const PROBLEM_MS = 10_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

/**
 * Keeps the network of one connected server as planned. Level-triggered: a change only says that the plan is to be
 * looked at again; what is applied is the difference between the plan and what the server says it has.
 */
export class ServerNetwork {
  readonly #options: ServerNetworkOptions
  readonly #stopping = new AbortController()
  #wanted = 1
  #applied = 0
  #failing = false
  #wake: () => void = () => undefined
  #waiting: { revision: number; resolve: (applied: boolean) => void }[] = []
  #running: Promise<void> = Promise.resolve()
  /** Of the attempt that is under way or comes next; once one has succeeded, of that one. */
  #outcome: Promise<boolean>
  #tellOutcome: (works: boolean) => void = () => undefined
  #hasWorked = false
  /** The plan that the attempt came to, if it came to one. */
  #tried: string | undefined

  constructor(options: ServerNetworkOptions) {
    this.#options = options
    this.#outcome = this.#nextOutcome()
  }

  get engine(): Engine {
    return this.#options.engine
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    this.#release(Infinity, false)
    this.#tellOutcome(false)
    await this.#running
  }

  /** Something that the plan rests on has changed. */
  changed(): void {
    this.#wanted += 1
    this.#wake()
  }

  /** Resolves when what is wanted now is applied; with false, and at once, on a server that cannot be changed. */
  settled(): Promise<boolean> {
    if (this.#failing || this.#stopping.signal.aborted) return Promise.resolve(false)
    if (this.#applied >= this.#wanted) return Promise.resolve(true)
    return new Promise(resolve => this.#waiting.push({ revision: this.#wanted, resolve }))
  }

  /** True at once where it has worked; else whether it does, when the next attempt has shown that. */
  works(): Promise<boolean> {
    return this.#outcome
  }

  #nextOutcome(): Promise<boolean> {
    return new Promise(resolve => (this.#tellOutcome = resolve))
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options
    const { signal } = this.#stopping
    for (let attempt = 0; !signal.aborted; attempt++) {
      const began = clock.now()
      this.#tried = undefined
      try {
        await this.#serve(() => (attempt = 0))
      } catch (error) {
        if (signal.aborted) return
        this.#failing = true
        this.#release(Infinity, false)
        logger.warn({ err: error }, 'the network of a server is not as it should be')
        await this.#report(error)
        if (!this.#hasWorked) {
          this.#tellOutcome(false)
          this.#outcome = this.#nextOutcome()
        }
        const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
        await this.#rest(delay, Math.max(FIRST_RETRY_MS, clock.now() - began))
      }
    }
  }

  /** So long, or until there is another plan than the one that failed, but not less than the second time. */
  async #rest(delayMs: number, leastMs: number): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    const end = clock.now() + delayMs
    await sleep(clock, Math.min(delayMs, leastMs), signal).catch(() => undefined)
    while (!signal.aborted && clock.now() < end) {
      const revision = this.#wanted
      if (this.#isOtherPlan()) return
      await this.#nextChange(revision, end - clock.now())
      await sleep(clock, DEBOUNCE_MS, signal).catch(() => undefined)
    }
  }

  /** Whether there is something else to apply than what the last attempt came to. */
  #isOtherPlan(): boolean {
    if (this.#tried === undefined) return false
    try {
      return hashesOf(this.#options.wanted()) !== this.#tried
    } catch {
      // the next attempt says why
      return true
    }
  }

  /** From a container that runs to the first failure, or until all is to be looked at anew. */
  async #serve(onSuccess: () => void): Promise<void> {
    const ending = new AbortController()
    try {
      await this.#keepAsPlanned(onSuccess, AbortSignal.any([this.#stopping.signal, ending.signal]))
    } finally {
      ending.abort()
    }
  }

  /** @param signal ends with the attempt, and with it what it listens to */
  async #keepAsPlanned(onSuccess: () => void, signal: AbortSignal): Promise<void> {
    const { engine, clusterId, image, clock, dockerSocket } = this.#options
    const wantedImage = await image()
    const copiedFrom = await ensureSystemImage(engine, wantedImage, this.#options.lenders())
    if (copiedFrom !== undefined) this.#options.onImageCopied(copiedFrom)
    const container = await SystemContainer.ensure(engine, clusterId, wantedImage.reference)
    await ensureStarter(engine, { clusterId, image: wantedImage.reference, socket: dockerSocket() })
    let ended: unknown
    void this.#untilEnd(signal).then(why => {
      ended = why
      this.#wake()
    })
    const state = await container.state()
    await this.#options.onState(state)
    const parts = new AppliedParts(container, state, clock)
    let before: WantedNetwork | undefined
    let ingress: string | undefined
    let problem = problemOf(state)
    while (!signal.aborted) {
      const revision = this.#wanted
      const began = clock.now()
      const wanted = this.#options.wanted()
      if (wanted) {
        this.#tried = hashesOf(wanted)
        // at the first question that comes to nothing, an authority is asked again only after a minute
        const asks =
          wanted.acmeHosts !== '' && parts.missing(wanted.parts).some(({ name }) => name === 'ingress')
        if (asks && wanted.acmeHosts !== before?.acmeHosts) await this.#options.othersSettled()
        await parts.apply(wanted.parts)
        const stale = before
          ? staleConnections(before, wanted)
          : staleTargets(await container.udpTargets(), wanted)
        if (stale.length > 0) await container.forget(stale)
        before = wanted
        this.#failing = false
        await this.#report(undefined)
        this.#hasWorked = true
        this.#tellOutcome(true)
        onSuccess()
      }
      this.#applied = revision
      this.#release(revision, true)
      const config = wanted?.parts.find(({ name }) => name === 'ingress')?.files['caddy.json']
      if (config !== ingress || problem !== undefined || parts.refusal) {
        ingress = config
        const now = { ...(await container.state()), ingressRefusal: parts.refusal }
        if (problemOf(now) !== problem) await this.#options.onState(now)
        problem = problemOf(now)
      }
      const rested = clock.now() + Math.min(LONGEST_REST_MS, clock.now() - began)
      if (!ended) await this.#nextChange(this.#applied, problem === undefined ? undefined : PROBLEM_MS)
      await sleep(clock, Math.max(DEBOUNCE_MS, rested - clock.now()), signal).catch(() => undefined)
      if (ended instanceof SystemContainerEnded) throw ended
      if (ended) return
    }
  }

  /** @returns why all is to be looked at anew; after the engine was away for a while, once it answers again */
  async #untilEnd(signal: AbortSignal): Promise<unknown> {
    const { engine, clusterId, clock } = this.#options
    const why: unknown = await untilSystemContainerEnds(engine, clusterId, signal).catch(
      (error: unknown) => error,
    )
    if (why instanceof SystemContainerEnded) return why
    const answers = () =>
      engine.info().then(
        () => true,
        () => false,
      )
    do await sleep(clock, FIRST_RETRY_MS, signal).catch(() => undefined)
    while (!signal.aborted && !(await answers()))
    return why
  }

  /** The next change after a revision, or so many milliseconds. */
  #nextChange(revision: number, limitMs?: number): Promise<void> {
    if (revision < this.#wanted || this.#stopping.signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const cancel = limitMs === undefined ? undefined : this.#options.clock.after(limitMs, resolve)
      this.#wake = () => {
        cancel?.()
        resolve()
      }
    })
  }

  #release(revision: number, applied: boolean): void {
    for (const waiter of this.#waiting) if (waiter.revision <= revision) waiter.resolve(applied)
    this.#waiting = this.#waiting.filter(waiter => waiter.revision > revision)
  }

  async #report(problem: unknown): Promise<void> {
    await this.#options.onHealth(problem).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, "could not write the state of a server's network")
    })
  }
}

function problemOf({ ingressProblem, ingressRefusal }: SystemState): string | undefined {
  return ingressProblem ?? ingressRefusal?.why
}

function hashesOf(wanted: WantedNetwork | undefined): string {
  return wanted?.parts.map(({ hash }) => hash).join(' ') ?? ''
}
