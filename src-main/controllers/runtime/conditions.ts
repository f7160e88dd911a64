import { formatTime } from '../../lib/clock.ts'

/** What the conditions of all kinds have in common. */
export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export function conditionOf<T extends Condition>(
  conditions: readonly T[] | undefined,
  type: string,
): T | undefined {
  return conditions?.find(condition => condition.type === type)
}

/**
 * The list with this condition set. A condition of the same status, reason and message stays as it is;
 * `lastTransitionTime` changes only with the status.
 */
export function withCondition<T extends Condition>(
  conditions: readonly T[] | undefined,
  condition: T,
  nowMs: number,
): T[] {
  const list = [...(conditions ?? [])]
  const index = list.findIndex(({ type }) => type === condition.type)
  const old = list[index]
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(nowMs)
  const next = { ...old, ...condition, lastTransitionTime }
  if (index < 0) list.push(next)
  else list[index] = next
  return list
}

export function withoutCondition<T extends Condition>(
  conditions: readonly T[] | undefined,
  type: string,
): T[] {
  return (conditions ?? []).filter(condition => condition.type !== type)
}
