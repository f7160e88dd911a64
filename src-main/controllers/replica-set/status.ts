import type { Pod, ReplicaSet } from '../../api/types.ts'
import { errorMessage } from '../../lib/errors.ts'
import { conditionOf, withCondition, withoutCondition } from '../runtime/conditions.ts'
import { availableInMs, isReady } from '../runtime/pods.ts'

export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>

export const REPLICA_FAILURE = 'ReplicaFailure'

export interface StatusFacts {
  /** The pods that count: managed by the set and active. */
  pods: readonly Pod[]
  /** What the last attempt to create or delete pods failed with. */
  failure?: {
    reason: 'FailedCreate' | 'FailedDelete'
    error: unknown
    /** Changes of the set's own pods end it: it need not be tried again before. */
    endsWithPods?: boolean
  }
  nowMs: number
}

/**
 * What the set's status should say after a round that acted on `set` and found `facts`.
 * @param status the status as it is stored now, for its conditions
 * Source: kubernetes pkg/controller/replicaset/replica_set_utils.go.
 */
export function statusOf(
  { metadata, spec }: ReplicaSet,
  status: ReplicaSet['status'],
  facts: StatusFacts,
): ReplicaSetStatus {
  const { pods, nowMs } = facts
  const templateLabels = Object.entries(spec.template?.metadata?.labels ?? {})
  const available = pods.filter(pod => availableInMs(pod, spec.minReadySeconds ?? 0, nowMs) === 0)
  const conditions = conditionsOf(status, facts)
  return {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter(pod =>
      templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: available.length,
    observedGeneration: metadata.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  }
}

function conditionsOf(status: ReplicaSet['status'], { failure, nowMs }: StatusFacts) {
  if (!failure) return withoutCondition(status?.conditions, REPLICA_FAILURE)
  if (conditionOf(status?.conditions, REPLICA_FAILURE)?.reason === failure.reason)
    return status?.conditions ?? []
  const condition = {
    type: REPLICA_FAILURE,
    status: 'True',
    reason: failure.reason,
    message: errorMessage(failure.error),
  }
  return withCondition(status?.conditions, condition, nowMs)
}

/** How long until the next ready pod becomes available; undefined when none is waiting for that. */
export function nextAvailableInMs({ spec }: ReplicaSet, { pods, nowMs }: StatusFacts): number | undefined {
  const waits = pods
    .map(pod => availableInMs(pod, spec.minReadySeconds ?? 0, nowMs))
    .filter(ms => ms !== undefined && ms > 0) as number[]
  return waits.length > 0 ? Math.min(...waits) : undefined
}
