import { createHash } from 'node:crypto'
import { type Clock, formatTime } from '../lib/clock.ts'
import type { Dispose } from '../lib/disposer.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Client } from './client.ts'
import type { EventRecorder, EventType } from './events.ts'
import { EventKind } from './kinds/event.ts'
import { TokenBuckets } from './registry/token-buckets.ts'
import type { Event, KubeObject } from './types.ts'

/** Of events about cluster-scoped objects. */
const CLUSTER_NAMESPACE = 'default'
/** As client-go's spam filter: 25 at once, then one every 5 minutes, for each object. */
const BURST = 25
const REFILL_MS = 5 * 60_000

interface Pending {
  about: KubeObject
  type: EventType
  reason: string
  message: string
  first: number
  last: number
  count: number
}

/**
 * Writes core/v1 Events in the background. The same reason and message about one object become one Event with a
 * count; what repeats while a write is under way is gathered into the next one.
 */
export function createEventRecorder({
  client,
  clock,
  logger,
  component = 'coxswain',
}: {
  client: Client
  clock: Clock
  logger: Logger
  /** Shown as the event's source. */
  component?: string
}): EventRecorder {
  const buckets = new TokenBuckets(clock, { burst: BURST, refillMs: REFILL_MS })
  const pending = new Map<string, Pending>()
  const writing = new Set<string>()

  const flush = async (name: string): Promise<void> => {
    writing.add(name)
    for (let next = pending.get(name); next; next = pending.get(name)) {
      pending.delete(name)
      try {
        await write(client, component, name, next)
      } catch (error) {
        logger.debug({ reason: next.reason, error: errorMessage(error) }, 'event not written')
      }
    }
    writing.delete(name)
  }

  return {
    event(about, type, reason, message) {
      const name = eventName(about, type, reason, message)
      const now = clock.now()
      const known = pending.get(name)
      if (known) {
        known.count++
        known.last = now
        return
      }
      if (!buckets.take(about.metadata.uid)) return
      pending.set(name, { about, type, reason, message, first: now, last: now, count: 1 })
      if (!writing.has(name)) void flush(name)
    },
  }
}

async function write(client: Client, component: string, name: string, pending: Pending): Promise<void> {
  const { about, count } = pending
  const namespace = about.metadata.namespace ?? CLUSTER_NAMESPACE
  const counted = await client.modify(EventKind, { name, namespace }, draft => {
    draft.count = (draft.count ?? 0) + count
    draft.lastTimestamp = formatTime(pending.last)
  })
  if (counted) return
  await client.create(EventKind, {
    metadata: { name, namespace },
    involvedObject: referenceTo(about),
    type: pending.type,
    reason: pending.reason,
    message: pending.message,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: formatTime(pending.first),
    lastTimestamp: formatTime(pending.last),
    count,
  })
}

/** kubectl looks a Node's events up by the Node's name as uid, because kubelets write them so. */
function referenceTo({ apiVersion, kind, metadata }: KubeObject): Event['involvedObject'] {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: kind === 'Node' ? name : uid,
    resourceVersion,
  }
}

/** `web-1.3f2a…`: the same for repetitions of one event, so that they meet on one object. */
function eventName({ metadata }: KubeObject, ...what: string[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([metadata.uid, ...what]))
    .digest('hex')
  return `${metadata.name.slice(0, 200)}.${digest.slice(0, 16)}`
}

/** Events live this long after they last happened. */
const EVENT_TTL_MS = 60 * 60_000
const MAX_EVENTS = 10_000
const COLLECT_EVERY_MS = 60_000

/** Deletes events that are over their time, and the oldest beyond a bound, once a minute. */
export function collectEvents({
  client,
  clock,
  logger,
  maxEvents = MAX_EVENTS,
}: {
  client: Client
  clock: Clock
  logger: Logger
  maxEvents?: number
}): Dispose {
  let stopped = false
  let cancel = () => {}
  const collect = async () => {
    const newestFirst = client
      .list(EventKind)
      .map(event => ({ event, at: lastSeen(event) }))
      .sort((a, b) => b.at - a.at)
    const limit = clock.now() - EVENT_TTL_MS
    for (const [index, { event, at }] of newestFirst.entries()) {
      if (stopped) return
      if (index < maxEvents && at >= limit) continue
      await client.delete(EventKind, { name: event.metadata.name, namespace: event.metadata.namespace })
    }
  }
  const schedule = () => {
    cancel = clock.after(COLLECT_EVERY_MS, () => {
      collect()
        .catch((error: unknown) => logger.warn({ error: errorMessage(error) }, 'old events were not deleted'))
        .finally(() => {
          if (!stopped) schedule()
        })
    })
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}

function lastSeen(event: Event): number {
  const text =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp
  return Date.parse(text)
}
