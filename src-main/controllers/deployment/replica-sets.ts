import type { Client } from '../../api/client.ts'
import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { Deployment, ReplicaSet } from '../../api/types.ts'
import { controllerOf } from '../runtime/ownership.ts'
import { sameTemplate } from './template-hash.ts'

/** A Deployment's ReplicaSets: the one with its current template, and the others, oldest first. */
export interface Sets {
  current: ReplicaSet | undefined
  old: ReplicaSet[]
}

/** A decision: this set should have so many replicas. */
export interface Resize {
  set: ReplicaSet
  replicas: number
}

export function oldestFirst(a: ReplicaSet, b: ReplicaSet): number {
  return (
    Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  )
}

/** Should several sets have the current template, the oldest is the current one, so that the choice is stable. */
export function splitSets(deployment: Deployment, sets: readonly ReplicaSet[]): Sets {
  const sorted = [...sets].sort(oldestFirst)
  const current = sorted.find(set => sameTemplate(set.spec.template, deployment.spec.template))
  return { current, old: sorted.filter(set => set !== current) }
}

/** The sets as they are now. */
export function setsOf(client: Client, deployment: Deployment): Sets {
  const { uid } = deployment.metadata
  const owned = client.list(ReplicaSetKind, { owner: uid })
  return splitSets(
    deployment,
    owned.filter(set => controllerOf(set)?.uid === uid && !set.metadata.deletionTimestamp),
  )
}

export function allOf({ current, old }: Sets): ReplicaSet[] {
  return current ? [...old, current] : old
}

export function replicasOf({ spec }: ReplicaSet): number {
  return spec.replicas ?? 1
}

export function isActiveSet(set: ReplicaSet): boolean {
  return replicasOf(set) > 0
}

/** Available pods that stay when the set has done what its spec says. */
export function availableOf(set: ReplicaSet): number {
  return Math.min(set.status?.availableReplicas ?? 0, replicasOf(set))
}

export function totalOf(
  sets: readonly ReplicaSet[],
  count: (set: ReplicaSet) => number = replicasOf,
): number {
  return sets.reduce((sum, set) => sum + count(set), 0)
}

/** True once the set's own controller has acted on its last change: until then its status is about the past. */
export function isSettled({ metadata, status }: ReplicaSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
}
