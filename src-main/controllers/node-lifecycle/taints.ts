import type { Node, Taint } from '../../api/types.ts'
import { formatTime } from '../../lib/clock.ts'
import { hasClash } from '../cluster-ranges.ts'
import { conditionOf } from '../runtime/conditions.ts'

export const UNREACHABLE = 'node.kubernetes.io/unreachable'
export const NOT_READY = 'node.kubernetes.io/not-ready'
const NETWORK_UNAVAILABLE = 'node.kubernetes.io/network-unavailable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** The taints that follow from a node's health, not from a person. */
export const HEALTH_TAINTS: readonly string[] = [UNREACHABLE, NOT_READY]
const OWN_TAINTS: readonly string[] = [...HEALTH_TAINTS, UNSCHEDULABLE, NETWORK_UNAVAILABLE]

/** Whether a node's bad health may drive its pods away: put the NoExecute taint, take it off, or leave it as it is. */
export type Eviction = 'allowed' | 'forbidden' | 'undecided'

/** Nobody hears from it. */
export function isSilent(node: Node): boolean {
  return readyStatus(node) === 'Unknown'
}

/** True, False or Unknown; undefined before its kubelet has said anything. */
export function readyStatus({ status }: Node): string | undefined {
  return conditionOf(status?.conditions, 'Ready')?.status
}

/**
 * The taints that a node should have: a person's, and those that follow from its Ready condition and from cordon.
 * A taint that is there keeps its `timeAdded`, from which tolerationSeconds count; a person's NoExecute taint
 * without one gets one, so that the count survives a restart.
 */
export function wantedTaints(node: Node, eviction: Eviction, nowMs: number): Taint[] {
  const now = formatTime(nowMs)
  const present = node.spec.taints ?? []
  const find = (key: string, effect: Taint['effect']) =>
    present.find(taint => taint.key === key && taint.effect === effect)
  const persons = present
    .filter(({ key }) => !OWN_TAINTS.includes(key))
    .map(taint => (taint.effect === 'NoExecute' && !taint.timeAdded ? { ...taint, timeAdded: now } : taint))
  const keep = (key: string, effect: Taint['effect']): Taint =>
    find(key, effect) ?? { key, effect, timeAdded: now }
  const wanted: Taint[] = [...persons]
  if (node.spec.unschedulable) wanted.push(keep(UNSCHEDULABLE, 'NoSchedule'))
  // with a network that is only out of date pods still run
  if (hasClash(node)) wanted.push(keep(NETWORK_UNAVAILABLE, 'NoSchedule'))
  const health = healthTaint(node)
  if (!health) return wanted
  wanted.push(keep(health, 'NoSchedule'))
  if (eviction === 'allowed' || (eviction === 'undecided' && find(health, 'NoExecute'))) {
    wanted.push(keep(health, 'NoExecute'))
  }
  return wanted
}

function healthTaint(node: Node): string | undefined {
  switch (readyStatus(node)) {
    case 'Unknown':
      return UNREACHABLE
    case 'False':
      return NOT_READY
    default:
      return undefined
  }
}
