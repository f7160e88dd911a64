import type { Deployment } from '../../api/types.ts'
import { formatTime } from '../../lib/clock.ts'
import { conditionOf } from '../runtime/conditions.ts'

export type DeploymentStatus = NonNullable<Deployment['status']>
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number]

/** Kubernetes' reasons, which `kubectl rollout status` and `kubectl wait` read. */
export const REASON = {
  minimumAvailable: 'MinimumReplicasAvailable',
  minimumUnavailable: 'MinimumReplicasUnavailable',
  created: 'NewReplicaSetCreated',
  found: 'FoundNewReplicaSet',
  updated: 'ReplicaSetUpdated',
  complete: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  createFailed: 'ReplicaSetCreateError',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
} as const

export type NewCondition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

export function progressing(
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): NewCondition {
  return { type: 'Progressing', status, reason, message }
}

/**
 * Sets a condition in place, unless one of the same status and reason is there: its times then stand, so that the
 * progress deadline counts from the first time. `always` renews `lastUpdateTime` all the same: progress was made.
 */
export function setCondition(
  status: DeploymentStatus,
  condition: NewCondition,
  { nowMs, always = false }: { nowMs: number; always?: boolean },
): void {
  const old = conditionOf(status.conditions, condition.type)
  const sameStatus = old?.status === condition.status
  if (sameStatus && old?.reason === condition.reason && !always) return
  const now = formatTime(nowMs)
  const next = {
    ...condition,
    lastUpdateTime: now,
    lastTransitionTime: sameStatus ? (old?.lastTransitionTime ?? now) : now,
  }
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== condition.type), next]
}
