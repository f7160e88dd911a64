import type { MetricsSource } from './api/metrics/metrics-source.ts'
import type { Kubelet } from './kubelet/kubelet.ts'

/** Finds the kubelet that a pod's or a node's metrics come from; a server that is not connected has none. */
export function metricsOf(kubelets: ReadonlyMap<string, Kubelet>): MetricsSource {
  return {
    pod: async ({ metadata, spec }) => kubelets.get(spec.nodeName ?? '')?.metrics.pod(metadata.uid),
    node: async name => kubelets.get(name)?.metrics.node(),
  }
}
