import { keyOf, parseKey } from '../../api/client.ts'
import { DeploymentKind } from '../../api/kinds/deployment.ts'
import { PodKind } from '../../api/kinds/pod.ts'
import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import {
  type CountFailedRequests,
  type FailedRequests,
  type PodGroup,
  ROLLOUT_ANNOTATIONS,
  ROLLOUT_FAILED_REQUESTS,
  ROLLOUT_FINISHED,
  ROLLOUT_STARTED,
  ROLLOUT_UNCOUNTED,
} from '../../api/rollout-requests.ts'
import type { Deployment, ReplicaSet } from '../../api/types.ts'
import { equalJson } from '../../lib/json.ts'
import { conditionOf } from '../runtime/conditions.ts'
import {
  changesOf,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from '../runtime/controller.ts'
import { controllerOf } from '../runtime/ownership.ts'
import type { Outcome } from '../runtime/work-queue.ts'
import { isReused, revisionOf } from './annotations.ts'
import { REASON } from './conditions.ts'
import { replicasOf, type Sets, setsOf } from './replica-sets.ts'
import { isComplete } from './status.ts'

export interface RolloutRequestsOptions extends ControllerOptions {
  countFailedRequests: CountFailedRequests
}

/** The servers are asked so often, ever more seldom while a rollout hangs. */
const FIRST_PERIOD_MS = 2_000
const LAST_PERIOD_MS = 60_000
/** Requests that were under way at the end may still fail: Caddy tries for 5 s. */
const SETTLE_MS = 6_000
/** A server that cannot be asked at the end is waited for so long. */
const LATE_MS = 60_000

/** Spares questions only: all that has to survive a restart is in the annotations. */
interface Memory {
  /** Uid of the set that this is about. */
  uid?: string
  askedAt?: number
  /** Since when there has been no set with the new template: Recreate lets the old pods go first. */
  waitingSince?: number
  overSince?: number
}

/**
 * Counts the requests that fail at the ingress from the moment a revision begins to replace another one until all of the
 * former pods are gone, and keeps the count on the revision's ReplicaSet. While nothing is rolled out, it asks nobody.
 */
export function createRolloutRequestsController(options: RolloutRequestsOptions): Controller {
  const { client, clock } = options
  const memories = new Map<string, Memory>()

  const reconcile = async (key: string): Promise<Outcome> => {
    const { name, namespace } = parseKey(key)
    const deployment = client.get(DeploymentKind, name, namespace)
    if (!deployment || deployment.metadata.deletionTimestamp) return void memories.delete(key)
    const sets = setsOf(client, deployment)
    for (const set of sets.old.filter(isCounting)) await conclude(options, deployment, set)
    const { current } = sets
    const memory = memories.get(key) ?? {}
    if (!current) {
      if (sets.old.length > 0) memories.set(key, { waitingSince: memory.waitingSince ?? clock.now() })
      return
    }
    const isNew = memory.waitingSince !== undefined || begins(deployment, sets)
    if (!isCounting(current) && !isNew) {
      memories.delete(key)
      return mirror(options, deployment, current)
    }
    const sinceMs = startOf(current) ?? memory.waitingSince ?? beginOf(current, clock.now())
    return follow(deployment, sets, { key, set: current, sinceMs })
  }

  /** Asks when it is time, and says when that is next. */
  async function follow(
    deployment: Deployment,
    sets: Sets,
    { key, set, sinceMs }: { key: string; set: ReplicaSet; sinceMs: number },
  ): Promise<Outcome> {
    const now = clock.now()
    const { uid } = set.metadata
    const known = memories.get(key)
    const { askedAt = 0, overSince = now } = known?.uid === uid ? known : {}
    const isOver = hasEnded(options, deployment, sets)
    const untilMs = isOver ? overSince + SETTLE_MS : Infinity
    const periodMs = isOver ? FIRST_PERIOD_MS : periodAt(now - sinceMs)
    const waitMs = Math.min(untilMs, askedAt + periodMs) - now
    const isDue = waitMs <= 0
    memories.set(key, { uid, askedAt: isDue ? now : askedAt, ...(isOver ? { overSince } : {}) })
    if (!isDue) return { againAfterMs: waitMs }
    const counted = await options.countFailedRequests(groupOf(set), { sinceMs, untilMs })
    if (!counted && !isCounting(set)) return
    const hasAll = !counted || counted.uncounted.length === 0 || now >= untilMs + LATE_MS
    const isLast = now >= untilMs && hasAll
    const finishedMs = isLast ? untilMs : undefined
    await record(options, deployment, { set, sinceMs, counted, finishedMs })
    return isLast ? undefined : { againAfterMs: Math.min(periodMs, untilMs > now ? untilMs - now : Infinity) }
  }

  return createReconciler({
    ...options,
    name: 'rollout-requests',
    sources: [
      changesOf(DeploymentKind, deployment => [keyOf(deployment)]),
      changesOf(
        ReplicaSetKind,
        set => {
          const owner = controllerOf(set)
          return owner ? [keyOf({ metadata: { name: owner.name, namespace: set.metadata.namespace } })] : []
        },
        ({ object, previous }) => !previous || revisionOf(object) !== revisionOf(previous),
      ),
    ],
    objectOf: key => {
      const { name, namespace } = parseKey(key)
      return client.get(DeploymentKind, name, namespace)
    },
    reconcile,
  })
}

/** A revision that another one takes over from: what has failed until now is its count. */
async function conclude(
  options: RolloutRequestsOptions,
  deployment: Deployment,
  set: ReplicaSet,
): Promise<void> {
  const now = options.clock.now()
  const sinceMs = startOf(set) ?? now
  const counted = await options.countFailedRequests(groupOf(set), { sinceMs, untilMs: now })
  await record(options, deployment, { set, sinceMs, counted, finishedMs: now })
}

/** Older pods are there, or the new ones are not yet: and not merely because they crash long afterwards. */
function begins(deployment: Deployment, { current, old }: Sets): boolean {
  if (!current || current.metadata.annotations?.[ROLLOUT_FINISHED]) return false
  if (old.some(set => revisionOf(set) >= revisionOf(current))) return false
  if (old.some(set => replicasOf(set) > 0 || (set.status?.replicas ?? 0) > 0)) return true
  const reason = conditionOf(deployment.status?.conditions, 'Progressing')?.reason
  return old.length > 0 && reason !== REASON.complete && !isComplete(deployment, deployment.status)
}

function hasEnded({ client }: ControllerOptions, deployment: Deployment, { old }: Sets): boolean {
  return (
    isComplete(deployment, deployment.status) &&
    old.every(({ metadata }) => client.list(PodKind, { owner: metadata.uid }).length === 0)
  )
}

function isCounting({ metadata: { annotations } }: ReplicaSet): boolean {
  return annotations?.[ROLLOUT_STARTED] !== undefined && annotations[ROLLOUT_FINISHED] === undefined
}

function startOf({ metadata }: ReplicaSet): number | undefined {
  const started = Date.parse(metadata.annotations?.[ROLLOUT_STARTED] ?? '')
  return Number.isNaN(started) ? undefined : started
}

/** A new set tells when it was made, also to a control plane that was not there then. */
function beginOf(set: ReplicaSet, nowMs: number): number {
  return isReused(set) ? nowMs : Date.parse(set.metadata.creationTimestamp)
}

function periodAt(ageMs: number): number {
  return Math.min(LAST_PERIOD_MS, Math.max(FIRST_PERIOD_MS, ageMs / 20))
}

function groupOf({ metadata, spec }: ReplicaSet): PodGroup {
  return { namespace: metadata.namespace ?? '', labels: spec.template?.metadata?.labels ?? {} }
}

interface Count {
  set: ReplicaSet
  sinceMs: number
  counted: FailedRequests | undefined
  /** Undefined while the rollout goes on. */
  finishedMs: number | undefined
}

async function record(
  options: RolloutRequestsOptions,
  deployment: Deployment,
  { set, sinceMs, counted, finishedMs }: Count,
): Promise<void> {
  const { client, events } = options
  const sum = [...(counted?.byStatus.values() ?? [])].reduce((total, count) => total + count, 0)
  const stored = await client.modify(ReplicaSetKind, set.metadata, draft => {
    const { metadata } = draft
    if (metadata.uid !== set.metadata.uid || revisionOf(draft) !== revisionOf(set)) return
    // a server that cannot be asked now may have been asked before
    const failed = Math.max(sum, Number(metadata.annotations?.[ROLLOUT_FAILED_REQUESTS] ?? 0))
    const uncounted = counted?.uncounted ?? []
    const { [ROLLOUT_UNCOUNTED]: _, ...others } = metadata.annotations ?? {}
    metadata.annotations = {
      ...others,
      [ROLLOUT_STARTED]: new Date(sinceMs).toISOString(),
      [ROLLOUT_FAILED_REQUESTS]: String(failed),
      ...(uncounted.length > 0 ? { [ROLLOUT_UNCOUNTED]: uncounted.join(',') } : {}),
      ...(finishedMs === undefined ? {} : { [ROLLOUT_FINISHED]: new Date(finishedMs).toISOString() }),
    }
  })
  if (!stored) return
  const failed = Number(stored.metadata.annotations?.[ROLLOUT_FAILED_REQUESTS])
  if (finishedMs !== undefined && failed > 0) {
    events.event(deployment, 'Warning', 'RequestsFailed', sentence(revisionOf(stored), failed, counted))
  }
  const isCurrent = setsOf(client, deployment).current?.metadata.uid === set.metadata.uid
  if (isCurrent) await mirror(options, deployment, stored)
}

function sentence(revision: number, failed: number, counted: FailedRequests | undefined): string {
  const statuses = [...(counted?.byStatus ?? [])].sort(([a], [b]) => a - b)
  const detail = statuses.map(([status, count]) => `${count} with status ${status}`).join(', ')
  const what = failed === 1 ? '1 request' : `${failed} requests`
  return `${what} failed at the ingress while revision ${revision} was rolled out${detail ? `: ${detail}` : ''}`
}

/** `kubectl rollout undo` copies all annotations of the old set to the Deployment, so that those are put right here. */
async function mirror(
  { client }: ControllerOptions,
  deployment: Deployment,
  { metadata: { annotations: ofSet = {} } }: ReplicaSet,
): Promise<void> {
  const wanted = only([ROLLOUT_FAILED_REQUESTS, ROLLOUT_UNCOUNTED], ofSet)
  if (equalJson(only(ROLLOUT_ANNOTATIONS, deployment.metadata.annotations ?? {}), wanted)) return
  await client.modify(DeploymentKind, deployment.metadata, ({ metadata }) => {
    for (const name of ROLLOUT_ANNOTATIONS) delete metadata.annotations?.[name]
    metadata.annotations = { ...metadata.annotations, ...wanted }
  })
}

function only(names: readonly string[], annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => names.includes(name)))
}
