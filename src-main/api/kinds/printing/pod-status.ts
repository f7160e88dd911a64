import type { ContainerStatus, Pod } from '../../types.ts'
import { age } from './age.ts'

/** What the columns of a pod say. */
export interface PodSummary {
  /** `1/2`. */
  ready: string
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
  status: string
  /** `3 (5m ago)`. */
  restarts: string
}

const isTrue = (pod: Pod, type: string) =>
  pod.status?.conditions?.some(condition => condition.type === type && condition.status === 'True') ?? false

/**
 * Sums a pod up in words, from its phase, conditions and containers' states.
 * Source: kubernetes pkg/printers/internalversion/printers.go, printPod.
 */
export function summarize(pod: Pod, now: number): PodSummary {
  const init = initSummary(pod)
  const useContainers = init.reason === undefined || isTrue(pod, 'Initialized')
  const main = useContainers ? containersSummary(pod, init.reason ?? baseReason(pod)) : undefined
  const restarted = useContainers
    ? [...init.sidecars, ...(pod.status?.containerStatuses ?? [])]
    : (pod.status?.initContainerStatuses ?? []).slice(0, init.seen)
  const total = pod.spec.containers.length + sidecarNames(pod).size
  return {
    ready: `${init.ready + (main?.ready ?? 0)}/${total}`,
    status: terminatingReason(pod) ?? main?.reason ?? init.reason ?? '',
    restarts: restartsText(restarted, now),
  }
}

function baseReason({ status }: Pod): string {
  const gated = status?.conditions?.some(
    condition => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  )
  return gated ? 'SchedulingGated' : status?.reason || status?.phase || ''
}

function sidecarNames(pod: Pod): Set<string> {
  const sidecars = (pod.spec.initContainers ?? []).filter(container => container.restartPolicy === 'Always')
  return new Set(sidecars.map(container => container.name))
}

/** `reason` is set while init containers hold the pod up; `seen` counts the statuses looked at until then. */
function initSummary(pod: Pod): {
  reason?: string
  ready: number
  seen: number
  sidecars: ContainerStatus[]
} {
  const names = sidecarNames(pod)
  const sidecars: ContainerStatus[] = []
  let ready = 0
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = names.has(status.name)
    if (sidecar) sidecars.push(status)
    if (status.state?.terminated?.exitCode === 0) continue
    if (sidecar && status.started) {
      if (status.ready) ready += 1
      continue
    }
    const progress = `${index}/${pod.spec.initContainers?.length ?? 0}`
    return { reason: `Init:${blockedBy(status) ?? progress}`, ready, seen: index + 1, sidecars }
  }
  return { ready, seen: pod.status?.initContainerStatuses?.length ?? 0, sidecars }
}

function blockedBy({ state }: ContainerStatus): string | undefined {
  if (state?.terminated) return exitText(state.terminated)
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? waiting : undefined
}

function exitText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }) {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

/** The first container that waits or has ended gives the reason, so it is looked for from the last to the first. */
function containersSummary(pod: Pod, initial: string): { reason: string; ready: number } {
  let reason = initial
  let ready = 0
  for (const { state, ready: isReady } of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason
    else if (state?.terminated) reason = exitText(state.terminated)
    else if (isReady && state?.running) ready += 1
  }
  if (reason === 'Completed' && ready > 0) reason = isTrue(pod, 'Ready') ? 'Running' : 'NotReady'
  return { reason, ready }
}

function terminatingReason({ metadata, status }: Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined
  if (status?.reason === 'NodeLost') return 'Unknown'
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : 'Terminating'
}

function restartsText(statuses: ContainerStatus[], now: number): string {
  const count = statuses.reduce((sum, status) => sum + status.restartCount, 0)
  const last = statuses
    .map(status => status.lastState?.terminated?.finishedAt ?? '')
    .reduce((latest, time) => (time > latest ? time : latest), '')
  return count > 0 && last ? `${count} (${age(last, now)} ago)` : String(count)
}
