import { formatTime } from '../../lib/clock.ts'
import type { Node, Pod } from '../types.ts'
import type { Measurement, NodeUsage, PodUsage, Usage } from './metrics-source.ts'

export const METRICS_GROUP = 'metrics.k8s.io'
export const METRICS_VERSION = 'v1beta1'
const apiVersion = `${METRICS_GROUP}/${METRICS_VERSION}`

/** `metrics.k8s.io/v1beta1` PodMetrics. */
export function podMetrics(pod: Pod, usage: PodUsage): object {
  return {
    kind: 'PodMetrics',
    apiVersion,
    metadata: metadataOf(pod, usage),
    ...timesOf(usage),
    containers: usage.containers.map(({ name, ...used }) => ({ name, usage: quantities(used) })),
  }
}

/** `metrics.k8s.io/v1beta1` NodeMetrics. */
export function nodeMetrics(node: Node, usage: NodeUsage): object {
  return {
    kind: 'NodeMetrics',
    apiVersion,
    metadata: metadataOf(node, usage),
    ...timesOf(usage),
    usage: quantities(usage),
  }
}

/** PodMetricsList or NodeMetricsList. */
export function metricsList(kind: 'PodMetrics' | 'NodeMetrics', items: object[]): object {
  return { kind: `${kind}List`, apiVersion, metadata: {}, items }
}

function metadataOf({ metadata }: Pod | Node, { at }: Measurement) {
  const { name, namespace, labels } = metadata
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels ? { labels } : {}),
    creationTimestamp: formatTime(at),
  }
}

function timesOf({ at, windowMs }: Measurement) {
  return { timestamp: formatTime(at), window: `${(windowMs / 1000).toFixed(3)}s` }
}

/** As metrics-server writes them: nano-cores and kibibytes. */
function quantities({ cpuNanoCores, memoryBytes }: Usage) {
  return { cpu: `${Math.round(cpuNanoCores)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` }
}
