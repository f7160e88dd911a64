import type { Node } from '../api/types.ts'
import { type NodeCondition, PLAN_REFUSED } from './node-condition.ts'

/** A server that cannot obtain certificates for so long hands that over. */
const PATIENCE_MS = 10 * 60_000

export interface Leader {
  name: string
  /** When another one may have to take its place, if nothing changes until then. */
  dueMs?: number
}

/**
 * The server that obtains certificates for all: the one that did until now, for only it has what is being obtained, unless
 * it is none of these any more or has been unable to for ten minutes. The next one is the first by name of those that are
 * known to work.
 *
 * @param nodes those that run the ingress
 */
export function chooseLeader(
  nodes: readonly Node[],
  { former, nowMs }: { former: string | undefined; nowMs: number },
): Leader | undefined {
  const candidates = nodes
    .map(node => ({ name: node.metadata.name, dueMs: dueOf(node), isUnsure: !isKnownToWork(node) }))
    .map(each => ({ ...each, isLost: each.dueMs <= nowMs }))
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  const [next] = candidates
  const before = candidates.find(({ name }) => name === former)
  const leader = before && (!before.isLost || next?.isLost) ? before : next
  if (!leader) return undefined
  const { name, dueMs, isLost } = leader
  return isLost || dueMs === Infinity ? { name } : { name, dueMs }
}

function rank({ isLost, isUnsure }: { isLost: boolean; isUnsure: boolean }): number {
  return isLost ? 2 : isUnsure ? 1 : 0
}

/** When its patience ends; Infinity while nothing keeps it from obtaining certificates. */
function dueOf({ status }: Node): number {
  const since = (status?.conditions ?? [])
    .filter(isHindrance)
    .map(({ lastTransitionTime }) => Date.parse(lastTransitionTime ?? ''))
    .filter(Number.isFinite)
  return Math.min(...since) + PATIENCE_MS
}

type Condition = NonNullable<NonNullable<Node['status']>['conditions']>[number]

function isHindrance({ type, status, reason }: Condition): boolean {
  if (type === 'Ready') return status !== 'True'
  if (type === ('NetworkUnavailable' satisfies NodeCondition['type'])) return status === 'True'
  return (
    type === ('IngressUnavailable' satisfies NodeCondition['type']) &&
    status === 'True' &&
    reason !== PLAN_REFUSED
  )
}

/** A server that has just been added has not got its image yet. */
function isKnownToWork({ status }: Node): boolean {
  const conditions = status?.conditions ?? []
  const is = (type: string) => conditions.find(each => each.type === type)?.status
  return is('Ready') === 'True' && is('NetworkUnavailable') === 'False' && !conditions.some(isHindrance)
}
