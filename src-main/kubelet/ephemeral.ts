import type { Pod } from '../api/types.ts'
import { SANDBOX } from './container-labels.ts'
import { needsSandbox } from './identity.ts'

/**
 * The container that holds the namespaces which an ephemeral container joins: the pause container, or where there is
 * none the pod's only one.
 */
export function ephemeralHost(pod: Pod, name: string): string {
  if (needsSandbox(pod)) return SANDBOX
  return pod.spec.containers[0]?.name ?? targetOf(pod, name) ?? ''
}

/** The container whose processes it is to see (`kubectl debug --target`). */
export function targetOf({ spec }: Pod, name: string): string | undefined {
  const container = spec.ephemeralContainers?.find(candidate => candidate.name === name)
  return container?.targetContainerName || undefined
}
