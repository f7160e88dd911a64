import { qosClass } from '../api/kinds/qos.ts'
import type { Pod } from '../api/types.ts'
import { units } from '../lib/quantity.ts'

/**
 * How readily the kernel kills a container when the server runs out of memory: 1000 first, 0 last.
 * A burstable container that asks for 10 % of the memory gets 1000 - 100 = 900.
 * Source: kubernetes pkg/kubelet/qos/policy.go, whose -997 for Guaranteed is 0 here: an engine without
 * CAP_SYS_RESOURCE may not go below its own score, and then starts nothing at all. The order is the same.
 */
export function oomScoreAdj(
  pod: Pod,
  memoryRequest: string | number | undefined,
  capacityBytes: number,
): number {
  const qos = qosClass(pod.spec)
  if (qos === 'Guaranteed') return 0
  if (qos === 'BestEffort') return 1000
  const score = 1000 - Math.floor((1000 * units(memoryRequest)) / Math.max(1, capacityBytes))
  return Math.min(999, Math.max(3, score))
}
