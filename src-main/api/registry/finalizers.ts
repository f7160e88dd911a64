import type { DeleteOptions } from '../client.ts'
import type { KubeObject } from '../types.ts'

/** The garbage collector removes it once every dependent that blocks is gone. */
export const FOREGROUND = 'foregroundDeletion'
/** The garbage collector removes it once the dependents no longer name this owner. */
export const ORPHAN = 'orphan'

/** Names on whose removal a deletion waits. A Namespace has its own list in its spec besides. */
export function pendingFinalizers(object: KubeObject): string[] {
  const inSpec =
    object.kind === 'Namespace' && object.apiVersion === 'v1'
      ? (object as { spec?: { finalizers?: string[] } }).spec?.finalizers
      : undefined
  return [...(object.metadata.finalizers ?? []), ...(inSpec ?? [])]
}

/** True when a deletion was asked for, nothing holds it up and its grace is over. */
export function isReadyToGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    pendingFinalizers(object).length === 0
  )
}

/** The finalizers after a deletion was asked for with this propagation (apiserver pkg/registry/generic/registry/store.go). */
export function withPropagation(
  finalizers: readonly string[],
  policy: DeleteOptions['propagationPolicy'],
): string[] {
  if (policy === undefined) return [...finalizers]
  const others = finalizers.filter(name => name !== FOREGROUND && name !== ORPHAN)
  if (policy === 'Foreground') return [...others, FOREGROUND]
  if (policy === 'Orphan') return [...others, ORPHAN]
  return others
}
