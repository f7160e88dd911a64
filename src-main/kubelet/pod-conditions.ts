import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../api/types.ts'
import { formatTime } from '../lib/clock.ts'
import { initDone } from './pod-phase.ts'
import { isSidecar } from './restart-rules.ts'

export interface ConditionFacts {
  phase: PodStatus['phase']
  statuses: ReadonlyMap<string, ContainerStatus>
  /** The pod has its network, and its volumes are there. */
  sandboxReady: boolean
  /** Ms since the epoch: when the newest of these facts came true, by the engine's clock. */
  at: number
}

/** The kubelet's own condition types; all others are kept as they are. */
const OWN = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']

/**
 * The pod's conditions, each with the time of its last change.
 * Source: kubernetes pkg/kubelet/status/generate.go.
 */
export function podConditions(pod: Pod, facts: ConditionFacts): PodCondition[] {
  const before = pod.status?.conditions ?? []
  const containers = containersReady(pod, facts)
  const wanted: Verdict[] = [
    { type: 'PodReadyToStartContainers', ok: facts.sandboxReady },
    initialized(pod, facts),
    ready(pod, containers),
    { type: 'ContainersReady', ...containers },
    { type: 'PodScheduled', ok: true },
  ]
  const own = wanted.map(verdict => toCondition(verdict, pod, facts.at))
  return [...own, ...before.filter(({ type }) => !OWN.includes(type))]
}

interface Verdict {
  type: string
  ok: boolean
  reason?: string
  message?: string
}

function toCondition({ type, ok, reason, message }: Verdict, pod: Pod, at: number): PodCondition {
  const status = ok ? 'True' : 'False'
  const before = pod.status?.conditions?.find(condition => condition.type === type)
  const since = before?.status === status ? before.lastTransitionTime : undefined
  return {
    type,
    status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    lastTransitionTime: since ?? formatTime(at),
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }
}

type Judgement = Omit<Verdict, 'type'>

function containersReady(pod: Pod, { phase, statuses }: ConditionFacts): Judgement {
  if (phase === 'Succeeded') return { ok: false, reason: 'PodCompleted' }
  if (phase === 'Failed') return { ok: false, reason: 'PodFailed' }
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar)
  const unready = [...pod.spec.containers, ...sidecars].filter(({ name }) => !statuses.get(name)?.ready)
  if (unready.length === 0) return { ok: true }
  const names = unready.map(({ name }) => name).join(' ')
  return { ok: false, reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` }
}

function initialized(pod: Pod, { phase, statuses }: ConditionFacts): Verdict {
  const type = 'Initialized'
  if (phase === 'Succeeded') return { type, ok: true, reason: 'PodCompleted' }
  const begun = pod.spec.containers.some(({ name }) => statuses.get(name)?.containerID !== undefined)
  const open = (pod.spec.initContainers ?? []).filter(init => !initDone(init, statuses.get(init.name)))
  if (open.length === 0 || begun) return { type, ok: true }
  const names = open.map(({ name }) => name).join(' ')
  return {
    type,
    ok: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  }
}

/** Ready: all containers are, and every readiness gate is open. */
function ready(pod: Pod, containers: Judgement): Verdict {
  const type = 'Ready'
  if (!containers.ok) return { type, ...containers }
  const shut = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  )
  if (shut.length === 0) return { type, ok: true }
  const names = shut.map(({ conditionType }) => conditionType).join(' ')
  return {
    type,
    ok: false,
    reason: 'ReadinessGatesNotReady',
    message: `readiness gates that are not open: [${names}]`,
  }
}
