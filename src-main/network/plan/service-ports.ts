import type { EndpointSlice, Service } from '../../api/types.ts'
import { contains, parseCidr } from '../../lib/cidr.ts'
import { compareAddresses } from './addresses.ts'
import { remembered } from './remembered.ts'
import type { Endpoint, Protocol, ServicePort } from './service-model.ts'

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

type Port = NonNullable<Service['spec']['ports']>[number]

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
        const numbered = own.map(numberPorts)
        return (service.spec.ports ?? []).flatMap(port => portOf(service, port, numbered))
      })
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function hasVirtualAddress({ spec, metadata }: Service): boolean {
  const address = spec.clusterIP
  return spec.type !== 'ExternalName' && Boolean(address) && address !== 'None' && !metadata.deletionTimestamp
}

function portOf({ metadata, spec }: Service, port: Port, slices: readonly NumberedSlice[]): ServicePort[] {
  const protocol = protocolOf(port.protocol)
  if (!protocol) return []
  const { name = '' } = port
  return [
    {
      id: `${metadata.namespace}/${metadata.name}:${name || port.port}/${protocol}`,
      protocol,
      port: port.port,
      addresses: spec.clusterIP ? [spec.clusterIP] : [],
      externalAddresses: [...(spec.externalIPs ?? [])].filter(isIPv4).sort(compareAddresses),
      ...(port.nodePort ? { nodePort: port.nodePort } : {}),
      onServers: spec.type === 'LoadBalancer',
      ...sourceRanges(spec),
      sticky: spec.sessionAffinity === 'ClientIP',
      internalLocal: spec.internalTrafficPolicy === 'Local',
      externalLocal: spec.externalTrafficPolicy === 'Local',
      endpoints: endpointsAt(slices, name, protocol),
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
  return endpointsAt(slices.map(numberPorts), name, protocol)
}

function endpointsAt(slices: readonly NumberedSlice[], name: string, protocol: Protocol): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const { endpoints, numbers } of slices) {
    const port = numbers.get(`${name}/${protocol}`)
    if (!port) continue
    for (const { addresses, conditions, nodeName } of endpoints ?? []) {
      const [ip] = addresses ?? []
      if (!ip || conditions?.ready === false) continue
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
  const isWithinAnother = (index: number) =>
    ranges.some(({ cidr }, other) => {
      const own = ranges[index]?.cidr
      if (!own || other === index || !contains(cidr, own)) return false
      return !contains(own, cidr) || other < index
    })
  return { sourceRanges: ranges.flatMap(({ text }, index) => (isWithinAnother(index) ? [] : [text])).sort() }
}

/** SCTP has no NAT in Debian's nftables maps: its ports carry nothing. */
function protocolOf(protocol: string | undefined): Protocol | undefined {
  if (protocol === undefined || protocol === 'TCP') return 'tcp'
  return protocol === 'UDP' ? 'udp' : undefined
}

function isIPv4(address: string): boolean {
  return /^\d+(\.\d+){3}$/.test(address)
}
