import type { Pod } from '../../api/types.ts'
import type { Bounds } from './bounds.ts'
import { isActiveSet, replicasOf, type Resize, type Sets } from './replica-sets.ts'

/** Recreate: first every old set to 0. Source: kubernetes pkg/controller/deployment/recreate.go. */
export function planOldDown({ old }: Sets): Resize[] {
  return old.filter(isActiveSet).map(set => ({ set, replicas: 0 }))
}

/** Then, once no old pod is left, the current set to its full size at once. */
export function planCurrentUp({ current }: Sets, { replicas }: Bounds): Resize[] {
  return current && replicasOf(current) !== replicas ? [{ set: current, replicas }] : []
}

/** Whether a pod of an old set may still be running: one that is terminating still is. */
export function mayRun({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}
