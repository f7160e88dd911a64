import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer, RestartPolicy } from '../engine/engine.ts'
import { SANDBOX } from './container-labels.ts'

/** An init container with `restartPolicy: Always`: it is started in its turn and goes on beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

export function isInit(pod: Pod, name: string): boolean {
  return (pod.spec.initContainers ?? []).some(container => container.name === name)
}

/** A container that was added to a pod that runs, to look into it (`kubectl debug`). It runs once. */
export function isEphemeral(pod: Pod, name: string): boolean {
  return (pod.spec.ephemeralContainers ?? []).some(container => container.name === name)
}

/** The pod's restartPolicy as it applies to one of its containers: init containers run to success once. */
export function restartPolicyOf(pod: Pod, name: string): 'Always' | 'OnFailure' | 'Never' {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const init = (pod.spec.initContainers ?? []).find(container => container.name === name)
  if (!init) return isEphemeral(pod, name) ? 'Never' : policy
  if (isSidecar(init)) return 'Always'
  return policy === 'Never' ? 'Never' : 'OnFailure'
}

/**
 * Docker's policy for a container: it does the restarting, also while the control plane is off. `unless-stopped`
 * rather than `always`: after a power cut both come back, but what was stopped on purpose stays stopped.
 */
export function enginePolicy(pod: Pod, name: string): RestartPolicy {
  if (name === SANDBOX) return pod.spec.restartPolicy === 'Never' ? 'no' : 'unless-stopped'
  const policies = { Always: 'unless-stopped', OnFailure: 'on-failure', Never: 'no' } as const
  return policies[restartPolicyOf(pod, name)]
}

/**
 * True when a container that has ended must run again.
 * @param killed ended for its health: that is a failure whatever its exit code
 */
export function mustRestart(pod: Pod, name: string, ended: EngineContainer, killed = false): boolean {
  const policy = restartPolicyOf(pod, name)
  if (killed) return policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && ended.exitCode !== 0)
}

/** True when the container's process has ended and the engine will not start it again by itself. */
export function hasEnded({ state }: EngineContainer): boolean {
  return state === 'exited' || state === 'dead'
}

/** True when the container has a process, also while the engine waits to start it again. */
export function isUp({ state }: EngineContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

/** Ms since the epoch at which `activeDeadlineSeconds` ends; undefined when there is none or the pod has not begun. */
export function deadlineOf(pod: Pod): number | undefined {
  const { activeDeadlineSeconds } = pod.spec
  const startTime = pod.status?.startTime
  if (activeDeadlineSeconds === undefined || !startTime) return undefined
  return Date.parse(String(startTime)) + activeDeadlineSeconds * 1000
}
