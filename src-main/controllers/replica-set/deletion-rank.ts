import type { Pod } from '../../api/types.ts'
import { isReady, readySince } from '../runtime/pods.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASE_ORDER: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }

export interface DeletionRankContext {
  nowMs: number
  /** Active pods of the same owner (all ReplicaSets of a Deployment) per node. */
  siblingsOnNode: ReadonlyMap<string, number>
}

/**
 * The pods in the order in which a ReplicaSet gives them up: those whose loss costs least first.
 * Source: kubernetes pkg/controller/controller_utils.go, ActivePodsWithRanks.
 */
export function byDeletionRank(pods: readonly Pod[], context: DeletionRankContext): Pod[] {
  return [...pods].sort((a, b) => compare(a, b, context))
}

function compare(a: Pod, b: Pod, { nowMs, siblingsOnNode }: DeletionRankContext): number {
  const siblings = (pod: Pod) => siblingsOnNode.get(pod.spec.nodeName ?? '') ?? 0
  return (
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    phaseOrder(a) - phaseOrder(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    siblings(b) - siblings(a) ||
    compareAge(readySince(a), readySince(b), nowMs, [a, b]) ||
    restarts(b) - restarts(a) ||
    compareAge(createdAt(a), createdAt(b), nowMs, [a, b])
  )
}

const phaseOrder = ({ status }: Pod) => PHASE_ORDER[status?.phase ?? 'Pending'] ?? 0
const deletionCost = ({ metadata }: Pod) =>
  Number.parseInt(metadata.annotations?.[DELETION_COST] ?? '0', 10) || 0
const createdAt = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp)
const restarts = ({ status }: Pod) =>
  Math.max(0, ...(status?.containerStatuses ?? []).map(container => container.restartCount))

/**
 * The younger first, but only by orders of magnitude (powers of two), and within one by uid, which is as good as
 * random: scaling down repeatedly then does not always hit the newest pods of the same node or zone.
 */
function compareAge(
  a: number | undefined,
  b: number | undefined,
  nowMs: number,
  [podA, podB]: readonly [Pod, Pod],
): number {
  if (a === undefined || b === undefined || a === b) return 0
  const bucket = (since: number) => (nowMs > since ? Math.floor(Math.log2(nowMs - since)) : -1)
  return bucket(a) - bucket(b) || (podA.metadata.uid < podB.metadata.uid ? -1 : 1)
}
