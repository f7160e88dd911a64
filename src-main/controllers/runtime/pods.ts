import type { Pod } from '../../api/types.ts'
import { conditionOf } from './conditions.ts'

/** A pod that runs or may still run: neither ended nor on its way out. */
export function isActive({ metadata, status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && !metadata.deletionTimestamp
}

export function isReady({ status }: Pod): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True'
}

/** Since when the pod is ready, in ms since the epoch; undefined while it is not. */
export function readySince({ status }: Pod): number | undefined {
  const ready = conditionOf(status?.conditions, 'Ready')
  if (ready?.status !== 'True') return undefined
  return Date.parse(ready.lastTransitionTime ?? '') || 0
}

/**
 * How long until a ready pod is available, that is ready for `minReadySeconds`.
 * @returns 0 when it is available; undefined when it is not ready
 */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const since = readySince(pod)
  if (since === undefined) return undefined
  return minReadySeconds === 0 ? 0 : Math.max(0, since + minReadySeconds * 1000 - nowMs)
}
