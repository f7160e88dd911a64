import type { Clock } from '../lib/clock.ts'
import { part, type PlannedPart } from './plan/server-plan.ts'
import {
  type IngressRefusal,
  SystemCommandError,
  type SystemContainer,
  type SystemState,
} from './system-container.ts'

const INGRESS = 'ingress'
/** The file that changes as pods come and go. */
const BACKENDS = 'backends.nft'
/** The hash where there is no Ingress. */
const NO_INGRESS = part(INGRESS, {}).hash
/** What was refused is offered again after so long: the reason may have been the server's own. */
const AGAIN_MS = 60_000

/** What one server has of its plan: what it said at first, and what it took since. */
export class AppliedParts {
  readonly #container: SystemContainer
  readonly #clock: Clock
  #hashes: Map<string, string>
  /** Those whose files are known. */
  readonly #known = new Map<string, PlannedPart>()
  #refused: { config: string; atMs: number; why: string } | undefined

  constructor(container: SystemContainer, { parts }: SystemState, clock: Clock) {
    this.#container = container
    this.#clock = clock
    this.#hashes = new Map(Object.entries(parts))
  }

  get refusal(): IngressRefusal | undefined {
    if (!this.#refused) return undefined
    const hash = this.#hashes.get(INGRESS)
    return { why: this.#refused.why, hasFormer: hash !== undefined && hash !== NO_INGRESS }
  }

  /** What it has to be handed of a plan. */
  missing(plan: readonly PlannedPart[]): PlannedPart[] {
    return plan
      .flatMap(each => (each.name === INGRESS ? (this.#ingressOf(each) ?? []) : each))
      .filter(({ name, hash }) => this.#hashes.get(name) !== hash)
  }

  /**
   * Hands over what is missing. A server that refuses nothing but the ingress goes on with the former one, whose backends
   * follow the pods: a mistake in an Ingress or a Secret holds up nothing else.
   *
   * @throws SystemCommandError when anything else could not be applied
   */
  async apply(plan: readonly PlannedPart[]): Promise<void> {
    const missing = this.missing(plan)
    try {
      if (missing.length > 0) await this.#container.apply(missing, this.#known)
      for (const { name, hash } of missing) this.#hashes.set(name, hash)
    } catch (error) {
      if (!(error instanceof SystemCommandError)) throw error
      await this.#refuse(missing, error)
    }
    for (const each of [...plan, ...missing]) {
      if (this.#hashes.get(each.name) === each.hash) this.#known.set(each.name, each)
    }
  }

  async #refuse(missing: readonly PlannedPart[], error: SystemCommandError): Promise<void> {
    const { parts } = await this.#container.state()
    const [refused, ...others] = missing.filter(({ name, hash }) => parts[name] !== hash)
    if (refused?.name !== INGRESS || this.#refused || others.length > 0) throw error
    if (this.#known.delete(INGRESS)) {
      // it was put together there with files that may have been changed: whole, it may be taken
      this.#hashes = new Map(Object.entries(parts))
      await this.apply([refused])
      return
    }
    const former = this.#known.get(INGRESS) ?? part(INGRESS, await this.#container.files(INGRESS))
    // it lost what it had, or another control plane handed it something: all is looked at anew
    if (former.hash !== (parts[INGRESS] ?? NO_INGRESS)) throw error
    this.#known.set(INGRESS, former)
    this.#hashes = new Map(Object.entries(parts))
    const why = error.output.replaceAll('coxswain-system: ', '').replaceAll('\n', '; ')
    this.#refused = { config: configOf(refused), atMs: this.#clock.now(), why }
    await this.apply([refused])
  }

  /** In the place of one that was refused, the former one with the backends of now, if its files are known. */
  #ingressOf(planned: PlannedPart): PlannedPart | undefined {
    if (!this.#refused) return planned
    if (configOf(planned) !== this.#refused.config || this.#clock.now() - this.#refused.atMs >= AGAIN_MS) {
      this.#refused = undefined
      return planned
    }
    const former = this.#known.get(INGRESS)
    const backends = planned.files[BACKENDS]
    return former?.files[BACKENDS] && backends
      ? part(INGRESS, { ...former.files, [BACKENDS]: backends })
      : undefined
  }
}

function configOf({ files }: PlannedPart): string {
  return part(INGRESS, { ...files, [BACKENDS]: '' }).hash
}
