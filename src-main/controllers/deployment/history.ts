import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { Deployment, ReplicaSet } from '../../api/types.ts'
import type { ControllerOptions } from '../runtime/controller.ts'
import { revisionOf } from './annotations.ts'
import { isSettled, oldestFirst, replicasOf } from './replica-sets.ts'

/** The old sets beyond `revisionHistoryLimit`, lowest revisions first; never one that still has pods. */
export function expiredSets({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = spec.revisionHistoryLimit ?? 10
  const kept = old.filter(set => !set.metadata.deletionTimestamp)
  return [...kept]
    .sort((a, b) => revisionOf(a) - revisionOf(b) || oldestFirst(a, b))
    .slice(0, Math.max(0, kept.length - limit))
    .filter(set => replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && isSettled(set))
}

export async function deleteExpiredSets(
  { client }: ControllerOptions,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  for (const { metadata } of expiredSets(deployment, old)) {
    await client.delete(ReplicaSetKind, metadata, { preconditions: { uid: metadata.uid } })
  }
}
