import type { Container, Pod } from '../api/types.ts'
import { milliCpu, units } from '../lib/quantity.ts'
import { ConfigError } from './config-error.ts'

/** What a pod may learn of itself and its node. */
export interface PodFacts {
  podIp: string
  hostIp: string
  nodeName: string
  /** Stands in for a limit that a container does not set. */
  allocatable: { cpu?: string | number; memory?: string | number }
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['(.*)'\]$/

/**
 * The value of `fieldRef.fieldPath`.
 * Source: kubernetes pkg/fieldpath/fieldpath.go and pkg/kubelet/kubelet_pods.go podFieldSelectorRuntimeValue.
 * @throws ConfigError for a path that Kubernetes does not know
 */
export function fieldValue(pod: Pod, path: string, facts: PodFacts): string {
  const { metadata, spec } = pod
  const subscript = SUBSCRIPT.exec(path)
  if (subscript) {
    const map = subscript[1] === 'labels' ? metadata.labels : metadata.annotations
    return map?.[subscript[2] ?? ''] ?? ''
  }
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid
    case 'metadata.labels':
      return lines(metadata.labels)
    case 'metadata.annotations':
      return lines(metadata.annotations)
    case 'spec.nodeName':
      return facts.nodeName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp
    default:
      throw new ConfigError(`field "${path}" of a pod cannot be referred to`)
  }
}

/** A map as the downward API writes it: `key="value"`, sorted, one a line. */
function lines(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}

export interface ResourceFieldRef {
  containerName?: string
  resource: string
  divisor?: string | number
}

/**
 * The value of `resourceFieldRef`, divided and rounded up; a limit that is not set is what the node has.
 * Source: kubernetes pkg/api/v1/resource/helpers.go ExtractContainerResourceValue.
 */
export function resourceValue(container: Container, ref: ResourceFieldRef, facts: PodFacts): string {
  const [kind, name = ''] = ref.resource.split(/\.(.*)/)
  const { requests, limits } = container.resources ?? {}
  const capacity = (facts.allocatable as Record<string, string | number | undefined>)[name]
  const set = kind === 'requests' ? (requests?.[name] ?? 0) : (limits?.[name] ?? capacity ?? 0)
  const inUnits = name === 'cpu' ? milliCpu : units
  const divisor = inUnits(ref.divisor) || inUnits('1')
  return String(Math.ceil(inUnits(set) / divisor))
}
