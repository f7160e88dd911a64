import type { Client } from '../api/client.ts'
import { ServiceKind } from '../api/kinds/service.ts'
import type { FailedRequests, Period, PodGroup } from '../api/rollout-requests.ts'
import type { Service } from '../api/types.ts'
import type { Engine } from '../engine/engine.ts'
import { within, type Clock } from '../lib/clock.ts'
import { hasLabels } from '../lib/labels.ts'
import type { Logger } from '../lib/logger.ts'
import { keyOf } from './plan/ingress/model.ts'
import type { ClusterIngress } from './plan/ingress/ingress.ts'
import { SystemContainer, type FailedCount } from './system-container.ts'

export interface IngressFailuresOptions {
  client: Client
  clock: Clock
  logger: Logger
  plan(): ClusterIngress
  clusterId: string
  /** Undefined for a server that is not connected. */
  engineOf(server: string): Engine | undefined
}

/** A server that hangs is left out. */
const ANSWER_MS = 5_000

/** Asks the ingress of every server which requests have failed. Nothing is kept here: each server keeps its own log. */
export class IngressFailures {
  readonly #options: IngressFailuresOptions

  constructor(options: IngressFailuresOptions) {
    this.#options = options
  }

  /** As CountFailedRequests; it never rejects. */
  async count(pods: PodGroup, period: Period): Promise<FailedRequests | undefined> {
    const { client, plan } = this.#options
    const { dials, servers } = plan()
    const services = client
      .list(ServiceKind, { namespace: pods.namespace })
      .filter(service => leadsTo(service, pods))
    const own = new Set(services.flatMap(service => dials.get(keyOf(service)) ?? []))
    if (own.size === 0) return undefined
    const byStatus = new Map<number, number>()
    const uncounted: string[] = []
    await Promise.all(
      servers.map(async server => {
        const counts = await this.#ask(server, period)
        if (!counts) uncounted.push(server)
        for (const { dial, status, count } of counts ?? []) {
          if (own.has(dial)) byStatus.set(status, (byStatus.get(status) ?? 0) + count)
        }
      }),
    )
    return { byStatus, uncounted: uncounted.sort() }
  }

  async #ask(server: string, { sinceMs, untilMs }: Period): Promise<FailedCount[] | undefined> {
    const { clock, logger, clusterId, engineOf } = this.#options
    const engine = engineOf(server)
    if (!engine) return undefined
    const now = clock.now()
    const ages = { from: (now - sinceMs) / 1000, to: Math.max(0, now - untilMs) / 1000 }
    const answer = SystemContainer.find(engine, clusterId).then(container => container?.failedRequests(ages))
    try {
      return await within(clock, ANSWER_MS, answer)
    } catch (error) {
      logger.info({ server, err: error }, "could not read an ingress' failed requests")
      return undefined
    }
  }
}

function leadsTo({ spec }: Service, { labels }: PodGroup): boolean {
  const selector = spec.selector ?? {}
  return Object.keys(selector).length > 0 && hasLabels(labels, selector)
}
