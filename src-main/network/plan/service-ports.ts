import type { EndpointSlice, Service } from '../../api/types.ts'
import { contains, parseCidr } from '../../lib/cidr.ts'
import { compareAddresses } from './addresses.ts'
import { remembered } from './remembered.ts'
import type { Endpoint, Protocol, ServicePort } from './service-model.ts'

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

type Port = NonNullable<Service['spec']['ports']>[number]

/** What all ports of one Service lead to, in endpoints: the rules of many ports to many pods would fill the memory. */
const MAX_TARGETS = 100_000

/** To how many of its endpoints each port of a Service leads at most: of one with three ports more than there can be. */
export function endpointsPerPort(ports: number): number {
  return Math.floor(MAX_TARGETS / Math.max(1, ports))
}

/** Slices by the Service that they belong to: `namespace/name`. */
export function slicesByService(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const byService = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL]
    if (!name || slice.addressType !== 'IPv4') continue
    const key = `${slice.metadata.namespace}/${name}`
    const list = byService.get(key)
    if (list) list.push(slice)
    else byService.set(key, [slice])
  }
  return byService
}

const portsOf = remembered<Service, ServicePort[]>()

/**
 * Every port of every Service that has a virtual address, in the order of their names. Those of a Service that is the same
 * object as before, with the same slices, are the same objects too.
 */
export function servicePorts(
  services: readonly Service[],
  slices: ReadonlyMap<string, readonly EndpointSlice[]>,
): ServicePort[] {
  return services
    .filter(hasVirtualAddress)
    .flatMap(service => {
      const own = slices.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? []
      return portsOf(service, own, () => {
        const { ports = [] } = service.spec
        const shared = sharedByPorts(service)
        const backends = { slices: own.map(numberPorts), most: endpointsPerPort(ports.length) }
        return ports.flatMap(port => portOf(port, shared, backends))
      })
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function hasVirtualAddress({ spec, metadata }: Service): boolean {
  const address = spec.clusterIP
  return spec.type !== 'ExternalName' && Boolean(address) && address !== 'None' && !metadata.deletionTimestamp
}

type Shared = Omit<ServicePort, 'protocol' | 'port' | 'nodePort' | 'endpoints'>

/** What the ports of a Service have in common; `id` is the beginning of theirs. */
function sharedByPorts({ metadata, spec }: Service): Shared {
  return {
    id: `${metadata.namespace}/${metadata.name}:`,
    addresses: spec.clusterIP ? [spec.clusterIP] : [],
    externalAddresses: [...(spec.externalIPs ?? [])].filter(isIPv4).sort(compareAddresses),
    onServers: spec.type === 'LoadBalancer',
    ...sourceRanges(spec),
    sticky: spec.sessionAffinity === 'ClientIP',
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
  }
}

/** @param most how many endpoints it leads to */
function portOf(
  { name = '', port, nodePort, protocol: given }: Port,
  shared: Shared,
  { slices, most }: { slices: readonly NumberedSlice[]; most: number },
): ServicePort[] {
  const protocol = protocolOf(given)
  if (!protocol) return []
  return [
    {
      ...shared,
      id: `${shared.id}${name || port}/${protocol}`,
      protocol,
      port,
      ...(nodePort ? { nodePort } : {}),
      endpoints: endpointsAt(slices, { name, protocol, most }),
    },
  ]
}

/** A slice with the numbers of its ports by `name/protocol`. */
interface NumberedSlice {
  endpoints: EndpointSlice['endpoints']
  numbers: ReadonlyMap<string, number | undefined>
}

/** Of two ports of one name it is the first, as everywhere. */
function numberPorts({ endpoints, ports }: EndpointSlice): NumberedSlice {
  const numbers = new Map<string, number | undefined>()
  for (const { name = '', port, protocol } of ports ?? []) {
    const key = `${name}/${protocolOf(protocol) ?? ''}`
    if (!numbers.has(key)) numbers.set(key, port)
  }
  return { endpoints, numbers }
}

/** The ready endpoints of one port, which slices name as the Service does. */
export function endpointsOf(slices: readonly EndpointSlice[], name: string, protocol: Protocol): Endpoint[] {
  return endpointsAt(slices.map(numberPorts), { name, protocol, most: endpointsPerPort(1) })
}

function endpointsAt(
  slices: readonly NumberedSlice[],
  { name, protocol, most }: { name: string; protocol: Protocol; most: number },
): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const { endpoints, numbers } of slices) {
    const port = numbers.get(`${name}/${protocol}`)
    if (!port) continue
    for (const { addresses, conditions, nodeName } of endpoints ?? []) {
      const [ip] = addresses ?? []
      if (!ip || conditions?.ready === false) continue
      if (found.size >= most) break
      found.set(`${ip}:${port}`, { ip, port, ...(nodeName ? { node: nodeName } : {}) })
    }
  }
  return [...found.values()].sort((a, b) => compareAddresses(a.ip, b.ip) || a.port - b.port)
}

/** nft takes no range that lies in another one. Of IPv6 nothing arrives: a list of those alone lets nobody in. */
function sourceRanges({
  loadBalancerSourceRanges: given,
}: Service['spec']): Pick<ServicePort, 'sourceRanges'> {
  if (!given || given.length === 0) return {}
  const ranges = [...new Set(given.map(text => text.trim()))].flatMap(text => {
    const cidr = parseCidr(text)
    return cidr ? [{ text, cidr }] : []
  })
  // either one of two lies in the other or they are apart: what lies in one comes right after it
  ranges.sort((a, b) => a.cidr.first - b.cidr.first || b.cidr.last - a.cidr.last)
  const outer: typeof ranges = []
  for (const range of ranges) {
    const last = outer.at(-1)
    if (!last || !contains(last.cidr, range.cidr)) outer.push(range)
  }
  return { sourceRanges: outer.map(({ text }) => text).sort() }
}

/** SCTP has no NAT in Debian's nftables maps: its ports carry nothing. */
function protocolOf(protocol: string | undefined): Protocol | undefined {
  if (protocol === undefined || protocol === 'TCP') return 'tcp'
  return protocol === 'UDP' ? 'udp' : undefined
}

function isIPv4(address: string): boolean {
  return /^\d+(\.\d+){3}$/.test(address)
}
