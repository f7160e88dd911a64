import type { Server, ServerCondition } from '../api/types.ts'
import { formatTime } from '../lib/clock.ts'

const ORDER: readonly ServerCondition['type'][] = ['Connected', 'DockerReady', 'Claimed']

export type ConditionChange = Omit<ServerCondition, 'lastTransitionTime'>

/**
 * Sets one condition on a Server draft; `lastTransitionTime` moves only when the status does. What depends on a
 * condition that is not True becomes Unknown: without a connection nobody knows about Docker.
 */
export function setServerCondition(draft: Server, change: ConditionChange, nowMs: number): void {
  draft.status ??= {}
  const conditions = new Map((draft.status.conditions ?? []).map(condition => [condition.type, condition]))
  write(conditions, change, nowMs)
  if (change.status !== 'True') {
    for (const type of ORDER.slice(ORDER.indexOf(change.type) + 1)) {
      const message = `Not known while ${change.type} is ${change.status}.`
      write(conditions, { type, status: 'Unknown', reason: change.reason, message }, nowMs)
    }
  }
  draft.status.conditions = ORDER.flatMap(type => conditions.get(type) ?? [])
}

function write(
  conditions: Map<ServerCondition['type'], ServerCondition>,
  change: ConditionChange,
  nowMs: number,
): void {
  const old = conditions.get(change.type)
  const lastTransitionTime = old?.status === change.status ? old.lastTransitionTime : formatTime(nowMs)
  conditions.set(change.type, { ...change, lastTransitionTime })
}

export function serverCondition(server: Server, type: ServerCondition['type']): ServerCondition | undefined {
  return server.status?.conditions?.find(condition => condition.type === type)
}

/** True when all three conditions are. */
export function isServerReady(server: Server): boolean {
  return ORDER.every(type => serverCondition(server, type)?.status === 'True')
}
