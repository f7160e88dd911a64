import { createHash } from 'node:crypto'
import { slotsFor, SLOTS } from './affinity.ts'
import { compareAddresses, gatewayOf } from './addresses.ts'
import type { MeshServer } from './links.ts'
import { collection } from './nft-text.ts'
import { remembered } from './remembered.ts'
import type { Endpoint, ServicePort } from './service-model.ts'

/** Of the links between servers, WireGuard's and VXLAN's (resources/system-image/parts/mesh.sh). */
const LINK_PORTS: readonly number[] = [51_821, 4_789]

/**
 * Services as nftables maps: one lookup finds the Service whatever their number, one more the endpoint. Source of the
 * idea: kubernetes pkg/proxy/nftables.
 *
 * @returns sets, maps and chains of the table; `chain services` is the one to jump to, and the set `hairpin` has the pods
 *   of this server that may reach themselves through a Service
 */
export function serviceRules(
  services: readonly ServicePort[],
  { own, reservedPorts }: { own: MeshServer; reservedPorts: readonly number[] },
): string[] {
  const byAddress: string[] = []
  const byPort: string[] = []
  const chains: string[] = []
  const local = new Set<string>()
  const pods = gatewayOf(own.podCidr).slice(0, -1)
  for (const service of services) {
    const { protocol, port, nodePort } = service
    const { name, toAll, byServer } = sharedRules(service)
    const ofNode = byServer.get(own.name) ?? []
    for (const { ip } of ofNode) if (ip.startsWith(pods)) local.add(ip)
    const internal = service.internalLocal ? ofNode : service.endpoints
    const external = service.externalLocal ? ofNode : service.endpoints
    if (internal.length > 0) {
      chains.push(chainOf(`svc-${name}`, service.internalLocal ? choose(service, ofNode) : toAll))
      for (const address of service.addresses)
        byAddress.push(`${address} . ${protocol} . ${port} : goto svc-${name}`)
    }
    const isOutside = nodePort || service.onServers || service.externalAddresses.length > 0
    if (external.length === 0 || !isOutside) continue
    const same = service.internalLocal === service.externalLocal
    const target = same ? `svc-${name}` : `ext-${name}`
    if (!same) chains.push(chainOf(target, service.externalLocal ? choose(service, ofNode) : toAll))
    for (const address of service.externalAddresses) {
      byAddress.push(`${address} . ${protocol} . ${port} : goto ${target}`)
    }
    if (nodePort) byPort.push(`${protocol} . ${nodePort} : goto ${target}`)
    if (isOnServers(service, reservedPorts)) {
      if (service.sourceRanges) chains.push(...onlyFrom(service.sourceRanges, `lb-${name}`, target))
      byPort.push(`${protocol} . ${port} : goto ${service.sourceRanges ? `lb-${name}` : target}`)
    }
  }
  return [
    ...collection(
      'map services-by-address',
      'ipv4_addr . inet_proto . inet_service : verdict',
      unique(byAddress),
    ),
    ...collection('map services-by-port', 'inet_proto . inet_service : verdict', unique(byPort)),
    ...collection('set hairpin', 'ipv4_addr . ipv4_addr', pairs(local)),
    ...chains,
    '  chain services {',
    '    ip daddr . meta l4proto . th dport vmap @services-by-address',
    // not for localhost: packets of 127.0.0.1 cannot leave; nor at the gateway, where the pods' name server is
    `    ip daddr != { 127.0.0.0/8, ${gatewayOf(own.podCidr)} } fib daddr type local meta l4proto . th dport vmap @services-by-port`,
    '  }',
  ]
}

/** A load balancer's port on the servers themselves, unless that would lock us out of them or part them. */
function isOnServers({ onServers, port, protocol }: ServicePort, reservedPorts: readonly number[]): boolean {
  return onServers && !(protocol === 'tcp' ? reservedPorts : LINK_PORTS).includes(port)
}

/** What a load balancer does not let in is dropped, as in Kubernetes; the server itself may always ask. */
function onlyFrom(ranges: readonly string[], name: string, target: string): string[] {
  const strangers = ranges.length > 0 ? `ip saddr != { ${ranges.join(', ')} } ` : ''
  return [`  chain ${name} {`, `    ${strangers}fib saddr type != local drop`, `    goto ${target}`, '  }']
}

/** What the rules of all servers have in common about one port of a Service. */
interface SharedRules {
  /** Of its chains, after `svc-` and the like. */
  name: string
  /** The rule that leads to one of all endpoints; empty where there is none. */
  toAll: string
  byServer: ReadonlyMap<string, readonly Endpoint[]>
}

const rulesOfPort = remembered<ServicePort, SharedRules>()

function sharedRules(service: ServicePort): SharedRules {
  return rulesOfPort(service, [], () => {
    const { id, endpoints } = service
    const byServer = new Map<string, Endpoint[]>()
    for (const endpoint of endpoints) {
      if (endpoint.node === undefined) continue
      const list = byServer.get(endpoint.node)
      if (list) list.push(endpoint)
      else byServer.set(endpoint.node, [endpoint])
    }
    const toAll = endpoints.length > 0 ? choose(service, endpoints) : ''
    return { name: chainName(id), toAll, byServer }
  })
}

function chainOf(name: string, rule: string): string {
  return `  chain ${name} {\n    ${rule}\n  }`
}

/** The rule that leads to one of these endpoints. */
function choose({ id, protocol, sticky }: ServicePort, endpoints: readonly Endpoint[]): string {
  const targets = endpoints.map(({ ip, port }) => `${ip} . ${port}`)
  const choice = sticky
    ? `jhash ip saddr mod ${SLOTS} map { ${slotsFor(targets)
        .map((endpoint, slot) => `${slot} : ${targets[endpoint]}`)
        .join(', ')} }`
    : `numgen random mod ${targets.length} map { ${targets.map((target, index) => `${index} : ${target}`).join(', ')} }`
  return `meta l4proto ${protocol} dnat ip to ${choice} comment "${id.slice(0, 127)}"`
}

/** Of two Services that want the same port, or external address and port, the first one has it. */
function unique(elements: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const element of elements) {
    const key = element.slice(0, element.indexOf(' : '))
    if (!seen.has(key)) seen.set(key, element)
  }
  return [...seen.values()]
}

function pairs(addresses: ReadonlySet<string>): string[] {
  return [...addresses].sort(compareAddresses).map(ip => `${ip} . ${ip}`)
}

/** Names of chains are short; the rule's comment says whose it is. nft keeps at most 128 characters of a comment. */
function chainName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}
