import type { PodStreams } from './api/pod-streams.ts'
import type { Pod } from './api/types.ts'
import type { Kubelet } from './kubelet/kubelet.ts'
import { StatusError } from './lib/errors.ts'

/** Finds the kubelet that a pod's streams come from. */
export function podStreamsOf(kubelets: ReadonlyMap<string, Kubelet>): PodStreams {
  const kubeletOf = (pod: Pod): Kubelet => {
    const node = pod.spec.nodeName
    const kubelet = node === undefined ? undefined : kubelets.get(node)
    if (kubelet) return kubelet
    const { name } = pod.metadata
    throw node === undefined
      ? new StatusError('BadRequest', `pod ${name} does not have a host assigned`)
      : new StatusError(
          'ServiceUnavailable',
          `server ${node}, where pod ${name} runs, is not connected: kubectl get server ${node} -o yaml says why`,
        )
  }
  return {
    logs: async (pod, options) => kubeletOf(pod).logs(pod, options),
    exec: async (pod, options) => kubeletOf(pod).exec(pod, options),
    attach: async (pod, options) => kubeletOf(pod).attach(pod, options),
    portForward: async (pod, port) => kubeletOf(pod).portForward(pod, port),
  }
}
