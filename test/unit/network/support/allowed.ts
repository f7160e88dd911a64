import ipaddr from 'ipaddr.js'
import type { Namespace, NetworkPolicy, Pod } from '../../../../src-main/api/types.ts'
import type { Packet } from './packet-filter.ts'

type Rule = NonNullable<NetworkPolicy['spec']['ingress']>[number]
type Peer = NonNullable<Rule['from']>[number]
type Port = NonNullable<Rule['ports']>[number]
type Selector = Peer['podSelector']

export interface Stage {
  policies: NetworkPolicy[]
  namespaces: Namespace[]
  pods: Pod[]
}

/**
 * Whether NetworkPolicies let a connection through, read off their definition rule by rule, with no thought for speed:
 * kubernetes api/networking/v1/types.go. Beside pods there is the name server, at port 53 of every gateway.
 */
export function allowed(stage: Stage, packet: Packet): boolean {
  const { policies, pods } = stage
  const about = (ip: string, type: string) => {
    const pod = pods.find(({ status }) => status?.podIP === ip)
    if (!pod) return []
    return policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.metadata.namespace &&
        matches(spec.podSelector, pod.metadata.labels) &&
        spec.policyTypes?.includes(type as 'Ingress'),
    )
  }
  if (packet.from === packet.to) return true
  const leaving = about(packet.from, 'Egress')
  const arriving = about(packet.to, 'Ingress')
  const out = leaving.some(policy =>
    policy.spec.egress?.some(rule =>
      fits(stage, policy, { peers: rule.to, ports: rule.ports }, packet.to, packet),
    ),
  )
  const into = arriving.some(policy =>
    policy.spec.ingress?.some(rule =>
      fits(stage, policy, { peers: rule.from, ports: rule.ports }, packet.from, packet),
    ),
  )
  return (leaving.length === 0 || out) && (arriving.length === 0 || into)
}

function fits(
  stage: Stage,
  { metadata }: NetworkPolicy,
  { peers = [], ports = [] }: { peers?: Peer[]; ports?: Port[] },
  other: string,
  packet: Packet,
): boolean {
  const portFits = ports.length === 0 || ports.some(port => isPort(stage, port, packet))
  const peerFits =
    peers.length === 0 || peers.some(peer => isPeer(stage, metadata.namespace ?? '', peer, other, packet))
  return portFits && peerFits
}

function isPeer(
  { namespaces, pods }: Stage,
  namespace: string,
  { ipBlock, namespaceSelector, podSelector = {} }: Peer,
  ip: string,
  packet: Packet,
): boolean {
  const inside = (cidr: string) => ipaddr.IPv4.parse(ip).match(ipaddr.IPv4.parseCIDR(cidr))
  if (ipBlock) return !ipBlock.cidr.includes(':') && inside(ipBlock.cidr) && !ipBlock.except?.some(inside)
  const others = pods
    .filter(({ status }) => status?.podIP === ip)
    .map(({ metadata }) => ({ home: metadata.namespace, labels: metadata.labels }))
  if (isNameServer(packet) && ip === packet.to)
    others.push({ home: 'kube-system', labels: { 'k8s-app': 'kube-dns' } })
  return others.some(({ home, labels }) => {
    const there = namespaces.find(({ metadata }) => metadata.name === home)
    const fromThere = namespaceSelector
      ? matches(namespaceSelector, there?.metadata.labels)
      : home === namespace
    return fromThere && matches(podSelector, labels)
  })
}

function isNameServer({ to, port, protocol }: Packet): boolean {
  return /^10\.244\.\d+\.1$/.test(to) && port === 53 && (protocol === 'tcp' || protocol === 'udp')
}

function isPort({ pods }: Stage, { protocol = 'TCP', port, endPort }: Port, packet: Packet): boolean {
  if (protocol.toLowerCase() !== packet.protocol) return false
  if (port === undefined) return true
  if (typeof port === 'number') return packet.port >= port && packet.port <= (endPort ?? port)
  return pods.some(
    ({ status, spec }) =>
      status?.podIP === packet.to &&
      spec.containers.some(({ ports }) =>
        ports?.some(
          own =>
            own.name === port && own.containerPort === packet.port && (own.protocol ?? 'TCP') === protocol,
        ),
      ),
  )
}

function matches(selector: Selector, labels: Record<string, string> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      if (operator === 'In') return value !== undefined && values.includes(value)
      return value === undefined || !values.includes(value)
    })
  )
}
