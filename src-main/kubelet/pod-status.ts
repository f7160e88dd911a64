import { qosClass } from '../api/kinds/qos.ts'
import type { Container, ContainerStatus, Pod, PodStatus } from '../api/types.ts'
import { formatTime } from '../lib/clock.ts'
import { containerStatus, type ObservedContainer } from './container-status.ts'
import { podConditions } from './pod-conditions.ts'
import { initDone, podPhase } from './pod-phase.ts'
import { isOver } from './plan.ts'
import { deadlineOf } from './restart-rules.ts'

/** Everything that a pod's status is made of. */
export interface ObservedPod {
  containers: ReadonlyMap<string, ObservedContainer>
  /** The pod's address; on the host's network the server's. */
  podIp?: string
  hostIp?: string
  sandboxReady: boolean
  /** Ms since the epoch. */
  now: number
}

/** The pod's status as a kubelet writes it. Pure; what others own in `pod.status` is carried over. */
export function podStatus(pod: Pod, observed: ObservedPod): PodStatus {
  const before = pod.status ?? {}
  const over = isOver(pod, observed.now) || pod.metadata.deletionTimestamp !== undefined
  const statuses = new Map<string, ContainerStatus>()
  const add = (specs: readonly Container[], past: ContainerStatus[] | undefined, initializing: boolean) =>
    specs.map(spec => {
      const status = containerStatus(spec, observed.containers.get(spec.name) ?? {}, {
        context: { pod, over, initializing },
        before: past?.find(({ name }) => name === spec.name),
      })
      statuses.set(spec.name, status)
      return status
    })
  const init = pod.spec.initContainers ?? []
  const initContainerStatuses = add(init, before.initContainerStatuses, false)
  const initializing = init.some(spec => !initDone(spec, statuses.get(spec.name)))
  const containerStatuses = add(pod.spec.containers, before.containerStatuses, initializing)
  const late = pastDeadline(pod, observed.now)
  const ephemeral = (pod.spec.ephemeralContainers ?? []) as Container[]
  const ephemeralContainerStatuses = add(ephemeral, before.ephemeralContainerStatuses, false)
  const phase = late ? 'Failed' : podPhase(pod, statuses)
  const at = newestFact(pod, observed)
  const conditions = podConditions(pod, { phase, statuses, sandboxReady: observed.sandboxReady, at })
  return {
    ...before,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(late ? DEADLINE_EXCEEDED : {}),
    conditions,
    ...(observed.hostIp ? { hostIP: observed.hostIp, hostIPs: [{ ip: observed.hostIp }] } : {}),
    ...(observed.podIp ? { podIP: observed.podIp, podIPs: [{ ip: observed.podIp }] } : {}),
    startTime: before.startTime ?? formatTime(oldestFact(observed)),
    ...(init.length > 0 ? { initContainerStatuses } : {}),
    containerStatuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses } : {}),
    qosClass: before.qosClass ?? qosClass(pod.spec),
  }
}

const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

function pastDeadline(pod: Pod, now: number): boolean {
  const deadline = deadlineOf(pod)
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  return deadline !== undefined && deadline <= now && !ended
}

/** When the newest of the containers' starts and ends, of what probes have said, and of the readiness gates was. */
function newestFact(pod: Pod, { containers, now }: ObservedPod): number {
  const times = [...containers.values()].flatMap(({ container, health }) =>
    container ? [container.startedAt, container.finishedAt, health?.readyChangedAt] : [],
  )
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType)
    if (gate?.lastTransitionTime) times.push(Date.parse(String(gate.lastTransitionTime)))
  }
  const known = times.filter(time => time !== undefined)
  return known.length === 0 ? now : Math.max(...known)
}

function oldestFact({ containers, now }: ObservedPod): number {
  const times = [...containers.values()].flatMap(({ container }) => (container ? [container.createdAt] : []))
  return Math.min(now, ...times)
}
