import { equalJson } from '../../../lib/json.ts'
import type { Service } from '../../types.ts'

type Spec = Service['spec']

/** What a NodePort service or a load balancer has and a plain one has not. */
function reachesNodes({ type }: Spec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

function isReachableFromOutside(spec: Spec): boolean {
  return reachesNodes(spec) || (spec.type === 'ClusterIP' && Boolean(spec.externalIPs?.length))
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
  if (isReachableFromOutside(spec)) {
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

const hasAddresses = ({ type }: Spec) => type !== 'ExternalName'
const isBalanced = ({ type }: Spec) => type === 'LoadBalancer'

/** What only some services have, each with who has it. Node ports are apart, being in the ports. */
const TYPE_DEPENDENT: readonly [field: keyof Spec, needed: (spec: Spec) => boolean][] = [
  ['clusterIP', hasAddresses],
  ['clusterIPs', hasAddresses],
  ['ipFamilies', hasAddresses],
  ['ipFamilyPolicy', hasAddresses],
  ['externalTrafficPolicy', isReachableFromOutside],
  ['healthCheckNodePort', spec => isBalanced(spec) && spec.externalTrafficPolicy === 'Local'],
  ['allocateLoadBalancerNodePorts', isBalanced],
  ['loadBalancerClass', isBalanced],
]

/**
 * A service that turns into another type loses what it had and no longer needs, as `kubectl patch` with nothing but
 * the type expects. What the user has changed on the way stays, and is refused by the validation.
 * Source: kubernetes pkg/registry/core/service/strategy.go, dropTypeDependentFields.
 */
export function dropTypeDependent({ spec }: Service, { spec: old }: Service): void {
  const unneeded = TYPE_DEPENDENT.filter(([, needed]) => needed(old) && !needed(spec))
  for (const [field] of unneeded) if (equalJson(spec[field], old[field])) delete spec[field]
  if (!reachesNodes(old) || reachesNodes(spec)) return
  const had = new Set(old.ports?.map(({ nodePort }) => nodePort))
  const ports = spec.ports ?? []
  if (ports.every(({ nodePort }) => !nodePort || had.has(nodePort)))
    for (const port of ports) delete port.nodePort
}
