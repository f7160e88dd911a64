import type { Deployment, ReplicaSet } from '../../api/types.ts'
import { desiredReplicasOf, maxReplicasOf } from './annotations.ts'
import { type Bounds, isRolling } from './bounds.ts'
import {
  allOf,
  isActiveSet,
  oldestFirst,
  replicasOf,
  type Resize,
  type Sets,
  totalOf,
} from './replica-sets.ts'

/** True when the Deployment's size changed since its sets were last sized. */
export function isScalingEvent(sets: Sets, { replicas }: Bounds): boolean {
  return allOf(sets)
    .filter(isActiveSet)
    .some(set => (desiredReplicasOf(set) ?? replicas) !== replicas)
}

/**
 * Follows a change of the Deployment's size without moving the rollout itself on (it may be paused half-way).
 * Source: kubernetes pkg/controller/deployment/sync.go, scale.
 */
export function planScaling(deployment: Deployment, sets: Sets, bounds: Bounds): Resize[] {
  const active = allOf(sets).filter(isActiveSet)
  const only = active.length > 1 ? undefined : (active[0] ?? sets.current ?? sets.old.at(-1))
  if (active.length <= 1) return only ? [{ set: only, replicas: bounds.replicas }] : []
  if (isSaturated(sets.current, bounds))
    return sets.old.filter(isActiveSet).map(set => ({ set, replicas: 0 }))
  return isRolling(deployment.spec) ? planProportional(deployment, active, bounds) : []
}

/** The current set alone has all that is asked for, and all of it is available. */
function isSaturated(set: ReplicaSet | undefined, { replicas }: Bounds): boolean {
  return (
    set !== undefined &&
    replicasOf(set) === replicas &&
    desiredReplicasOf(set) === replicas &&
    set.status?.availableReplicas === replicas
  )
}

/**
 * In the middle of a rollout each set gets its share of the change, so that the risk stays spread as it was:
 *
 *   replicas 10 → 30, maxSurge 3; old 8, new 5 (13 of at most 13)
 *   old: round(8 · 33 / 13) = 20, new: round(5 · 33 / 13) = 13; together 33, nothing left over
 *
 * What rounding leaves over goes to the largest set.
 */
function planProportional({ status }: Deployment, active: readonly ReplicaSet[], bounds: Bounds): Resize[] {
  const allowed = bounds.replicas > 0 ? bounds.maxTotal : 0
  const toAdd = allowed - totalOf(active)
  const sorted = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || oldestFirst(a, b) * (toAdd > 0 ? -1 : 1),
  )
  let left = toAdd
  const resizes = sorted.map(set => {
    const share = shareOf(set, bounds, maxReplicasOf(set) ?? status?.replicas ?? replicasOf(set))
    const change = toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
    left -= change
    return { set, replicas: replicasOf(set) + change }
  })
  const largest = resizes[0]
  if (largest) largest.replicas = Math.max(0, largest.replicas + left)
  return resizes
}

/** By how much a set would change if it kept its share of the whole. */
function shareOf(set: ReplicaSet, { replicas, maxTotal }: Bounds, formerTotal: number): number {
  if (replicas === 0 || formerTotal === 0) return -replicasOf(set)
  return Math.round((replicasOf(set) * maxTotal) / formerTotal) - replicasOf(set)
}
