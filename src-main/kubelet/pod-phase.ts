import type { Container, ContainerStatus, Pod, PodStatus } from '../api/types.ts'
import { isSidecar } from './restart-rules.ts'

/**
 * Source: kubernetes pkg/kubelet/kubelet_pods.go getPhase. `Succeeded` and `Failed` are for ever.
 * @param statuses of the containers and the init containers, by name
 */
export function podPhase(pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>): PodStatus['phase'] {
  const past = pod.status?.phase
  if (past === 'Succeeded' || past === 'Failed') return past
  const init = initPhase(pod, statuses)
  if (init) return init
  const states = pod.spec.containers.map(({ name }) => statuses.get(name))
  const waiting = states.filter(status => status?.state?.waiting && !status.lastState?.terminated)
  if (waiting.length > 0) return 'Pending'
  if (states.some(status => status?.state?.running)) return 'Running'
  if (states.some(status => status?.state?.waiting)) return 'Running' // it will be started again
  if (pod.spec.restartPolicy === 'Always' && !pod.metadata.deletionTimestamp) return 'Running'
  return states.every(status => status?.state?.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** `Failed` or `Pending` while the init containers decide; undefined once they are done. */
function initPhase(pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>): PodStatus['phase'] {
  for (const init of pod.spec.initContainers ?? []) {
    if (initDone(init, statuses.get(init.name))) continue
    const exitCode = statuses.get(init.name)?.state?.terminated?.exitCode
    return exitCode !== undefined && exitCode !== 0 && !isSidecar(init) ? 'Failed' : 'Pending'
  }
  return undefined
}

/** An init container is done when it has succeeded, a sidecar once it has started. */
export function initDone(init: Container, status: ContainerStatus | undefined): boolean {
  if (isSidecar(init))
    return status?.started === true || (status?.lastState !== undefined && !init.startupProbe)
  return status?.state?.terminated?.exitCode === 0
}
