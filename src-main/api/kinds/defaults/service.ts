import type { Service } from '../../types.ts'

type Spec = Service['spec']

/** What a NodePort service or a load balancer has and a plain one has not. */
function reachesNodes({ type }: Spec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

/** Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Service. */
export function defaultService(service: Service): void {
  service.spec ??= {}
  const { spec } = service
  spec.type ||= 'ClusterIP'
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  else spec.sessionAffinityConfig = withTimeout(spec.sessionAffinityConfig)
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    port.targetPort ||= port.port
  }
  if (reachesNodes(spec) || (spec.type === 'ClusterIP' && spec.externalIPs?.length)) {
    spec.externalTrafficPolicy ||= 'Cluster'
  }
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ||= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

function withTimeout(config: Spec['sessionAffinityConfig']): Spec['sessionAffinityConfig'] {
  return {
    ...config,
    clientIP: { ...config?.clientIP, timeoutSeconds: config?.clientIP?.timeoutSeconds ?? 10_800 },
  }
}

/**
 * What was allocated stays allocated when an update does not mention it, as `kubectl replace` with the original
 * manifest does. Source: kubernetes pkg/registry/core/service/storage, patchAllocatedValues.
 */
export function keepAllocated({ spec }: Service, { spec: old }: Service): void {
  const hasAddress = spec.type !== 'ExternalName' && old.type !== 'ExternalName'
  if (hasAddress && !spec.clusterIP) {
    if (old.clusterIP) spec.clusterIP = old.clusterIP
    if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
  }
  if (hasAddress) {
    if (old.ipFamilies) spec.ipFamilies ??= [...old.ipFamilies]
    if (old.ipFamilyPolicy) spec.ipFamilyPolicy ??= old.ipFamilyPolicy
  } else if (spec.type === 'ExternalName') {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
      if (JSON.stringify(spec[key]) === JSON.stringify(old[key])) delete spec[key]
    }
  }
  if (!reachesNodes(spec) || !reachesNodes(old)) return
  const taken = new Set(spec.ports?.map(({ nodePort }) => nodePort))
  const idOf = ({ port, protocol }: { port: number; protocol?: string }) => `${port}/${protocol ?? ''}`
  const before = new Map(old.ports?.map(port => [idOf(port), port.nodePort] as const))
  for (const port of spec.ports ?? []) {
    const nodePort = before.get(idOf(port))
    if (!port.nodePort && nodePort && !taken.has(nodePort)) {
      port.nodePort = nodePort
      taken.add(nodePort)
    }
  }
}
