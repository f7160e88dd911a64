import { keyOf, parseKey } from '../../api/client.ts'
import { PodKind } from '../../api/kinds/pod.ts'
import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { NewObject, Pod, ReplicaSet } from '../../api/types.ts'
import { errorMessage, isStatusError, StatusError } from '../../lib/errors.ts'
import { matchesSelector } from '../../lib/labels.ts'
import { settleInPortions } from '../../lib/turn.ts'
import { conditionOf } from '../runtime/conditions.ts'
import {
  changesOf,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from '../runtime/controller.ts'
import { claimDependents, controllerOf, controllerReference, isStaying } from '../runtime/ownership.ts'
import { isActive } from '../runtime/pods.ts'
import { slowStart } from '../runtime/slow-start.ts'
import type { Outcome } from '../runtime/work-queue.ts'
import { byDeletionRank } from './deletion-rank.ts'
import { nextAvailableInMs, REPLICA_FAILURE, statusOf, type StatusFacts } from './status.ts'

/** At most so many pods are created or deleted before the set is looked at again. */
const BURST = 500
/**
 * A set has at most so many pods that have no server yet. No server takes more than some hundred pods: a mistyped number
 * of replicas would otherwise fill the memory with pods that run nowhere.
 */
const MAX_WAITING = 1_000

/**
 * Keeps as many active pods as each ReplicaSet asks for.
 * Source: kubernetes pkg/controller/replicaset/replica_set.go.
 */
export function createReplicaSetController(options: ControllerOptions): Controller {
  const { client, clock } = options

  /** The sets that a pod concerns: the one that manages it, or all that could adopt it. */
  const setsOf = (pod: Pod): string[] => {
    const { namespace, labels } = pod.metadata
    const owner = controllerOf(pod)
    if (owner)
      return owner.kind === ReplicaSetKind.kind ? [keyOf({ metadata: { name: owner.name, namespace } })] : []
    return client
      .list(ReplicaSetKind, { namespace })
      .filter(set => matchesSelector(set.spec.selector, labels))
      .map(keyOf)
  }

  const activePods = async (set: ReplicaSet): Promise<Pod[]> => {
    const pods = await claimDependents({
      client,
      kind: PodKind,
      owner: set,
      ownerKind: ReplicaSetKind,
      selector: set.spec.selector,
      mayAdopt: isActive,
    })
    return pods.filter(isActive)
  }

  const reconcile = async (key: string): Promise<Outcome> => {
    const { name, namespace } = parseKey(key)
    const set = client.get(ReplicaSetKind, name, namespace)
    if (!set) return
    const before = await activePods(set)
    const isRightSize =
      set.metadata.deletionTimestamp !== undefined || before.length === (set.spec.replicas ?? 1)
    const failure = isRightSize ? undefined : await resize(options, set, before)
    const pods = isRightSize ? before : await activePods(set)
    const facts: StatusFacts = { pods, failure, nowMs: clock.now() }
    await client.modifyStatus(ReplicaSetKind, set.metadata, draft => {
      draft.status = statusOf(set, draft.status, facts)
    })
    if (failure && !failure.endsWithPods) throw failure.error
    const againAfterMs = nextAvailableInMs(set, facts)
    return againAfterMs === undefined ? undefined : { againAfterMs }
  }

  return createReconciler({
    ...options,
    name: 'replica-set',
    sources: [changesOf(ReplicaSetKind, set => [keyOf(set)]), changesOf(PodKind, setsOf)],
    reconcile,
  })
}

/** Creates or deletes pods up to the wanted number. @returns what failed */
async function resize(
  options: ControllerOptions,
  set: ReplicaSet,
  pods: readonly Pod[],
): Promise<StatusFacts['failure']> {
  const surplus = pods.length - (set.spec.replicas ?? 1)
  if (surplus < 0) {
    const room = MAX_WAITING - pods.filter(({ spec }) => !spec.nodeName).length
    if (room <= 0) return tellWaiting(options, set, pods.length)
    const isStillWanted = (index: number) => {
      const { name, namespace } = set.metadata
      const wanted = options.client.get(ReplicaSetKind, name, namespace)?.spec.replicas ?? 1
      return isStaying(options.client, ReplicaSetKind, set) && pods.length + index < wanted
    }
    const { error } = await slowStart(Math.min(-surplus, BURST, room), async index => {
      // The set may have been scaled down or deleted since the first batch.
      if (isStillWanted(index)) await createPod(options, set)
    })
    if (error !== undefined) return { reason: 'FailedCreate', error }
    return room < Math.min(-surplus, BURST) ? tellWaiting(options, set, pods.length + room) : undefined
  }
  const context = { nowMs: options.clock.now(), siblingsOnNode: siblingsOnNode(options, set, pods) }
  const victims = byDeletionRank(pods, context).slice(0, Math.min(surplus, BURST))
  const results = await settleInPortions(victims, pod => deletePod(options, set, pod))
  const failed = results.find(result => result.status === 'rejected')
  return failed ? { reason: 'FailedDelete', error: failed.reason } : undefined
}

function tellWaiting({ events }: ControllerOptions, set: ReplicaSet, count: number): StatusFacts['failure'] {
  const wanted = set.spec.replicas ?? 1
  const message = `${count} of ${wanted} pods are there, and ${MAX_WAITING} of them have no server yet: more are created once these have one`
  const error = new StatusError('Forbidden', message)
  const isTold = conditionOf(set.status?.conditions, REPLICA_FAILURE)?.reason === 'FailedCreate'
  if (!isTold) events.event(set, 'Warning', 'FailedCreate', `Error creating: ${message}`)
  return { reason: 'FailedCreate', error, endsWithPods: true }
}

async function createPod({ client, events }: ControllerOptions, set: ReplicaSet): Promise<void> {
  try {
    const pod = await client.create(PodKind, podOf(set))
    events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  } catch (error) {
    if (isNamespaceTerminating(error)) return
    events.event(set, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`)
    throw error
  }
}

/** The set goes away with its namespace: not worth telling, nor trying again. */
function isNamespaceTerminating(error: unknown): boolean {
  return (
    isStatusError(error, 'Forbidden') &&
    error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
  )
}

function podOf(set: ReplicaSet): NewObject<Pod> {
  const { metadata, spec } = set.spec.template ?? {}
  return {
    metadata: {
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: { ...metadata?.labels },
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata?.finalizers ? { finalizers: metadata.finalizers } : {}),
      ownerReferences: [controllerReference(ReplicaSetKind, set)],
    },
    // A ReplicaSet without a template was refused at the door.
    spec: spec ?? { containers: [] },
  }
}

async function deletePod({ client, events }: ControllerOptions, set: ReplicaSet, pod: Pod): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await client.delete(PodKind, { name, namespace }, { preconditions: { uid } })
    events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  } catch (error) {
    events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`)
    throw error
  }
}

/** Active pods per node of all ReplicaSets that the set's own controller (its Deployment) manages. */
function siblingsOnNode(
  { client }: ControllerOptions,
  set: ReplicaSet,
  pods: readonly Pod[],
): Map<string, number> {
  const deployment = controllerOf(set)?.uid
  const siblings = deployment
    ? client
        .list(ReplicaSetKind, { owner: deployment })
        .flatMap(({ metadata }) => client.list(PodKind, { owner: metadata.uid }))
        .filter(isActive)
    : pods
  const counts = new Map<string, number>()
  for (const { spec } of siblings)
    if (spec.nodeName) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1)
  return counts
}
