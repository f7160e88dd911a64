import type { Client } from '../api/client.ts'
import type { EventRecorder } from '../api/events.ts'
import { IngressKind } from '../api/kinds/ingress.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { publicAddress } from '../api/public-address.ts'
import type { Node } from '../api/types.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { runsIngress } from './ingress-source.ts'
import { type NodeCondition, PLAN_REFUSED } from './node-condition.ts'
import { ensureStore } from './store-pair.ts'
import type { ClusterIngress } from './plan/ingress/ingress.ts'

export interface IngressStatusOptions {
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
  plan(): ClusterIngress
}

const DEBOUNCE_MS = 100

/** Writes where each Ingress is reached, and tells what is wrong with it, each thing once. */
export class IngressStatus {
  readonly #options: IngressStatusOptions
  /** What was told already, by uid. */
  #told = new Map<string, Set<string>>()
  /** Uids of those that we answered for last time. */
  #wasOwn = new Set<string>()
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(options: IngressStatusOptions) {
    this.#options = options
  }

  changed(): void {
    if (this.#stopped) return
    this.#cancel ??= this.#options.clock.after(DEBOUNCE_MS, () => {
      this.#cancel = undefined
      this.#report().catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'could not write the state of Ingresses')
      })
    })
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #report(): Promise<void> {
    const { client, clock, plan } = this.#options
    const { own, problems, acmeHosts, leader } = plan()
    this.#tell(problems)
    if (acmeHosts.length > 0 && leader !== undefined)
      await ensureStore(client, { leader, nowMs: clock.now() })
    const addresses = client
      .list(NodeKind)
      .filter(isServing)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap(node => publicAddress(node) ?? [])
    const uids = new Set(own.map(({ metadata }) => metadata.uid))
    for (const { metadata } of client.list(IngressKind)) {
      const ingress = uids.has(metadata.uid) ? addresses.map(ip => ({ ip })) : []
      // an Ingress of another controller has the status that that one gives it
      if (!uids.has(metadata.uid) && !this.#wasOwn.has(metadata.uid)) continue
      await client.modifyStatus(IngressKind, metadata, draft => {
        draft.status = { ...draft.status, loadBalancer: ingress.length > 0 ? { ingress } : {} }
      })
    }
    this.#wasOwn = uids
  }

  #tell(problems: ClusterIngress['problems']): void {
    const told = new Map<string, Set<string>>()
    for (const { ingress, reason, message } of problems) {
      const { uid } = ingress.metadata
      const messages = told.get(uid) ?? new Set()
      told.set(uid, messages.add(message))
      if (!this.#told.get(uid)?.has(message)) {
        this.#options.events.event(ingress, 'Warning', reason, message)
      }
    }
    this.#told = told
  }
}

/** A server that is down, or whose ports belong to others, is not where clients should be sent. */
function isServing(node: Node): boolean {
  const conditions = node.status?.conditions ?? []
  const find = (type: NodeCondition['type'] | 'Ready') => conditions.find(each => each.type === type)
  const problem = find('IngressUnavailable')
  const serves = problem?.status !== 'True' || problem.reason === PLAN_REFUSED
  return runsIngress(node) && find('Ready')?.status === 'True' && serves
}
