import { createHash } from 'node:crypto'
import { slotsFor, SLOTS } from './affinity.ts'
import { compareAddresses, gatewayOf } from './addresses.ts'
import { type MeshServer, VXLAN_PORT, WIREGUARD_PORT } from './links.ts'
import { collection } from './nft-text.ts'
import { remembered } from './remembered.ts'
import type { Endpoint, ServicePort } from './service-model.ts'

const LINK_PORTS: readonly number[] = [WIREGUARD_PORT, VXLAN_PORT]

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
  const byAddress = new Elements()
  const byPort = new Elements()
  const chains: string[] = []
  const local = new Set<string>()
  const pods = gatewayOf(own.podCidr).slice(0, -1)
  for (const service of services) {
    const { protocol, port, nodePort } = service
    const { name, chain, keys, elements, byServer } = sharedRules(service)
    const ofNode = byServer.get(own.name) ?? []
    for (const { ip } of ofNode) if (ip.startsWith(pods)) local.add(ip)
    const internal = service.internalLocal ? ofNode : service.endpoints
    const external = service.externalLocal ? ofNode : service.endpoints
    if (internal.length > 0) {
      chains.push(service.internalLocal ? chainTo(`svc-${name}`, service, ofNode) : chain)
      keys.forEach((key, index) => byAddress.add(key, elements[index] ?? ''))
    }
    const isOutside = nodePort || service.onServers || service.externalAddresses.length > 0
    if (external.length === 0 || !isOutside) continue
    const same = service.internalLocal === service.externalLocal
    const target = same ? `svc-${name}` : `ext-${name}`
    if (!same) chains.push(chainTo(target, service, external))
    for (const address of service.externalAddresses) {
      byAddress.lead(`${address} . ${protocol} . ${port}`, target)
    }
    if (nodePort) byPort.lead(`${protocol} . ${nodePort}`, target)
    if (isOnServers(service, reservedPorts)) {
      if (service.sourceRanges) chains.push(...onlyFrom(service.sourceRanges, `lb-${name}`, target))
      byPort.lead(`${protocol} . ${port}`, service.sourceRanges ? `lb-${name}` : target)
    }
  }
  return [
    ...collection(
      'map services-by-address',
      'ipv4_addr . inet_proto . inet_service : verdict',
      byAddress.all,
    ),
    ...collection('map services-by-port', 'inet_proto . inet_service : verdict', byPort.all),
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
  /** `svc-NAME`, which leads to one of all endpoints; empty where there is none. */
  chain: string
  /** Its own addresses, as keys and as elements of the map of addresses. */
  keys: readonly string[]
  elements: readonly string[]
  byServer: ReadonlyMap<string, readonly Endpoint[]>
}

const rulesOfPort = remembered<ServicePort, SharedRules>()

function sharedRules(service: ServicePort): SharedRules {
  return rulesOfPort(service, [], () => {
    const { id, endpoints, addresses, protocol, port } = service
    const byServer = new Map<string, Endpoint[]>()
    for (const endpoint of endpoints) {
      if (endpoint.node === undefined) continue
      const list = byServer.get(endpoint.node)
      if (list) list.push(endpoint)
      else byServer.set(endpoint.node, [endpoint])
    }
    const name = chainName(id)
    const chain = endpoints.length > 0 ? chainTo(`svc-${name}`, service, endpoints) : ''
    const keys = addresses.map(address => `${address} . ${protocol} . ${port}`)
    const elements = keys.map(key => `${key} : goto svc-${name}`)
    return { name, chain, keys, elements, byServer }
  })
}

/** The chain that leads to one of these endpoints. */
function chainTo(
  name: string,
  { id, protocol, sticky }: ServicePort,
  endpoints: readonly Endpoint[],
): string {
  const targets = endpoints.map(({ ip, port }) => `${ip} . ${port}`)
  const choice = sticky
    ? `jhash ip saddr mod ${SLOTS} map { ${slotsFor(targets)
        .map((endpoint, slot) => `${slot} : ${targets[endpoint]}`)
        .join(', ')} }`
    : `numgen random mod ${targets.length} map { ${targets.map((target, index) => `${index} : ${target}`).join(', ')} }`
  const rule = `meta l4proto ${protocol} dnat ip to ${choice} comment "${id.slice(0, 127)}"`
  return [`  chain ${name} {`, `    ${rule}`, '  }'].join('\n')
}

/** Of a map. Of two Services that want the same port, or external address and port, the first one has it. */
class Elements {
  readonly #byKey = new Map<string, string>()

  get all(): string[] {
    return [...this.#byKey.values()]
  }

  lead(key: string, chain: string): void {
    this.add(key, `${key} : goto ${chain}`)
  }

  add(key: string, element: string): void {
    if (!this.#byKey.has(key)) this.#byKey.set(key, element)
  }
}

function pairs(addresses: ReadonlySet<string>): string[] {
  return [...addresses].sort(compareAddresses).map(ip => `${ip} . ${ip}`)
}

/** Names of chains are short; the rule's comment says whose it is. nft keeps at most 128 characters of a comment. */
function chainName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}
