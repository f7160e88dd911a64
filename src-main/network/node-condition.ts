import { CIDR_CLASH } from '../api/cluster-ranges.ts'
import type { Node } from '../api/types.ts'
import { EngineError } from '../engine/engine.ts'
import { formatTime } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { CidrClash } from './cidr-clash.ts'
import type { SystemState } from './system-container.ts'

/** True when something is wrong, as Kubernetes' own NetworkUnavailable. */
export interface NodeCondition {
  type: 'NetworkUnavailable' | 'IngressUnavailable'
  status: 'True' | 'False'
  reason: string
  message: string
}

/** What a Node says of its network. */
export function networkCondition(problem: unknown): NodeCondition {
  const type = 'NetworkUnavailable'
  if (problem === undefined) {
    return {
      type,
      status: 'False',
      reason: 'RulesApplied',
      message: 'Links, rules and names are as planned.',
    }
  }
  const words = errorMessage(problem)
  if (problem instanceof CidrClash) return { type, status: 'True', reason: CIDR_CLASH, message: words }
  if (problem instanceof EngineError && problem.code === 'build-failed') {
    const next =
      "The server could not build the image coxswain/system: it needs a way to Docker Hub and to Debian's packages. Pods run, but reach only pods of this server. It is tried again by itself."
    return { type, status: 'True', reason: 'ImageBuildFailed', message: `${next} ${words}` }
  }
  const next = 'It is tried again by itself; see what docker logs coxswain-system says on the server.'
  return { type, status: 'True', reason: 'NotApplied', message: `${words} ${next}` }
}

/** Of a server that goes on with the Ingresses that it had. */
export const PLAN_REFUSED = 'PlanRefused'

/** What a Node says of its ingress, in the server's own words. */
export function ingressCondition({ ingressProblem, ingressRefusal }: SystemState): NodeCondition {
  const unavailable = (reason: string, message: string) =>
    ({ type: 'IngressUnavailable', status: 'True', reason, message }) as const
  if (ingressProblem !== undefined) return unavailable('NotServing', ingressProblem)
  if (ingressRefusal) {
    const { why, hasFormer } = ingressRefusal
    const words = `The server refuses the Ingresses as they are now (${why})`
    return hasFormer
      ? unavailable(PLAN_REFUSED, `${words}, and serves them as they were before.`)
      : unavailable('NotServing', `${words}.`)
  }
  return {
    type: 'IngressUnavailable',
    status: 'False',
    reason: 'Serving',
    message: 'Nothing keeps this server from serving Ingresses.',
  }
}

export function withCondition(draft: Node, condition: NodeCondition, nowMs: number): void {
  const conditions = draft.status?.conditions ?? []
  const old = conditions.find(({ type }) => type === condition.type)
  const same = old?.status === condition.status
  if (same && old.reason === condition.reason && old.message === condition.message) return
  const now = formatTime(nowMs)
  const next = {
    ...condition,
    lastHeartbeatTime: now,
    lastTransitionTime: same ? old.lastTransitionTime : now,
  }
  draft.status = {
    ...draft.status,
    conditions: [...conditions.filter(({ type }) => type !== condition.type), next],
  }
}
