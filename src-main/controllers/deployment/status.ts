import type { Deployment } from '../../api/types.ts'
import { conditionOf, withoutCondition } from '../runtime/conditions.ts'
import { boundsOf } from './bounds.ts'
import { type DeploymentStatus, type NewCondition, progressing, REASON, setCondition } from './conditions.ts'
import { allOf, type Sets, totalOf } from './replica-sets.ts'

/** A deadline of this much counts as none: what Kubernetes' clients send for "never". */
const NO_DEADLINE = 2 ** 31 - 1

export interface StatusFacts {
  sets: Sets
  /** What happened to the rollout in this round, e.g. a set was created. */
  note?: NewCondition
  /** Judge the progress of the rollout; not while it is paused or only being scaled. */
  judgeProgress: boolean
  nowMs: number
}

/**
 * What the Deployment's status should say.
 * @param deployment its `status` is the stored one, against which progress is measured
 * Source: kubernetes pkg/controller/deployment/{sync,progress}.go.
 */
export function statusOf(deployment: Deployment, facts: StatusFacts): DeploymentStatus {
  const status = countsOf(deployment, facts.sets)
  const { nowMs, note } = facts
  setCondition(status, availability(deployment, facts.sets), { nowMs })
  if (note) setCondition(status, note, { nowMs })
  if (deadlineMsOf(deployment) === undefined)
    status.conditions = withoutCondition(status.conditions, 'Progressing')
  else if (facts.judgeProgress) setProgress(deployment, status, facts)
  setReplicaFailure(status, facts)
  return status
}

function countsOf({ metadata, status }: Deployment, sets: Sets): DeploymentStatus {
  const all = allOf(sets)
  const available = totalOf(all, set => set.status?.availableReplicas ?? 0)
  return {
    observedGeneration: metadata.generation,
    replicas: totalOf(all, set => set.status?.replicas ?? 0),
    updatedReplicas: sets.current?.status?.replicas ?? 0,
    readyReplicas: totalOf(all, set => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalOf(all) - available),
    ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    conditions: [...(status?.conditions ?? [])],
  }
}

function availability(deployment: Deployment, sets: Sets): NewCondition {
  const available = totalOf(allOf(sets), set => set.status?.availableReplicas ?? 0)
  return available >= boundsOf(deployment).minAvailable
    ? {
        type: 'Available',
        status: 'True',
        reason: REASON.minimumAvailable,
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: REASON.minimumUnavailable,
        message: 'Deployment does not have minimum availability.',
      }
}

/** Every pod is of the current template and available, and the latest spec was acted on. */
export function isComplete({ metadata, spec }: Deployment, status: DeploymentStatus | undefined): boolean {
  const replicas = spec.replicas ?? 1
  return (
    status?.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  )
}

function setProgress(deployment: Deployment, status: DeploymentStatus, { sets, nowMs }: StatusFacts): void {
  const before = conditionOf(status.conditions, 'Progressing')
  const atRest = status.replicas === status.updatedReplicas && before?.reason === REASON.complete
  if (atRest) return
  const subject = sets.current
    ? `ReplicaSet "${sets.current.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, status)) {
    setCondition(status, progressing('True', REASON.complete, `${subject} has successfully progressed.`), {
      nowMs,
    })
  } else if (madeProgress(deployment.status, status)) {
    const condition = progressing('True', REASON.updated, `${subject} is progressing.`)
    setCondition(status, condition, { nowMs, always: true })
  } else if ((progressDeadlineInMs(deployment, status, nowMs) ?? 1) <= 0) {
    setCondition(status, progressing('False', REASON.timedOut, `${subject} has timed out progressing.`), {
      nowMs,
    })
  }
}

/** More updated, ready or available pods than before, or fewer old ones. */
function madeProgress(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined) =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

/**
 * How long until the rollout counts as stuck; 0 or less when it does.
 * @returns undefined when nothing is awaited: no deadline, nothing begun, complete, or already told
 */
export function progressDeadlineInMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const deadlineMs = deadlineMsOf(deployment)
  const condition = conditionOf(status.conditions, 'Progressing')
  if (deadlineMs === undefined || !condition || isComplete(deployment, status)) return undefined
  if (condition.reason === REASON.complete || condition.reason === REASON.timedOut) return undefined
  // A second more: times are stored in whole seconds.
  return Date.parse(condition.lastUpdateTime ?? '') + deadlineMs + 1000 - nowMs
}

function deadlineMsOf({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds
  return seconds === undefined || seconds >= NO_DEADLINE ? undefined : seconds * 1000
}

/** Says on the Deployment what keeps one of its sets from creating pods, the current one's trouble first. */
function setReplicaFailure(status: DeploymentStatus, { sets, nowMs }: StatusFacts): void {
  const failure = allOf(sets)
    .reverse()
    .map(set => conditionOf(set.status?.conditions, 'ReplicaFailure'))
    .find(condition => condition !== undefined)
  if (failure) {
    const { type, status: value, reason, message } = failure
    setCondition(status, { type, status: value, reason, message }, { nowMs })
  } else {
    status.conditions = withoutCondition(status.conditions, 'ReplicaFailure')
  }
}
