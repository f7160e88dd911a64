import type { EndpointSlice, Service } from '../../api/types.ts'
import { reverseName, type ClusterRanges } from './addresses.ts'
import { remembered } from './remembered.ts'
import { endpointsPerPort } from './service-ports.ts'

/** Seconds that a client may keep an answer: a change is to be seen within a second. */
const TTL = 1

export interface Zones {
  /** Names to addresses: the zone `cluster.local`. */
  forward: string
  /** Addresses to names, by the name of the zone: `244.10.in-addr.arpa`. */
  reverse: Record<string, string>
}

interface Records {
  forward: string[]
  reverse: string[]
}

interface NamedPort {
  name: string
  protocol: string
  port: number
}

interface ServiceEndpoint {
  ip: string
  hostname: string
  ports: NamedPort[]
}

const NO_RECORDS: Records = { forward: [], reverse: [] }

const recordsOfService = remembered<Service, Records>()
/** By the records of the first Service. */
const zonesOfRecords = remembered<Records, Zones>()

/** The names of every Service, as the specification of Kubernetes' DNS has them (kubernetes/dns, version 1.1.0). */
export function planZones(
  services: readonly Service[],
  slices: ReadonlyMap<string, readonly EndpointSlice[]>,
  ranges: ClusterRanges,
): Zones {
  const { domain } = ranges
  const sorted = services
    .map(service => ({ key: keyOf(service), service }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const records = sorted.map(({ key, service }) => {
    const own = isHeadless(service) ? (slices.get(key) ?? []) : []
    return recordsOfService(service, [domain, ...own], () => recordsOf(service, own, domain))
  })
  const [first = NO_RECORDS, ...rest] = records
  return zonesOfRecords(first, [...rest, domain, ...reverseZonesOf(ranges)], () => zonesOf(records, ranges))
}

function zonesOf(records: readonly Records[], ranges: ClusterRanges): Zones {
  const { domain } = ranges
  const reverse = records.flatMap(each => each.reverse)
  return {
    forward: zone(`${domain}.`, domain, [
      'dns-version TXT "1.1.0"',
      ...records.flatMap(each => each.forward),
    ]),
    reverse: Object.fromEntries(
      reverseZonesOf(ranges).map(name => {
        const own = reverse.filter(record => record.includes(`.${name}. PTR `))
        return [name, zone(`${name}.`, domain, [...new Set(own)])]
      }),
    ),
  }
}

/**
 * The zones of the cluster's own ranges: `244.10.in-addr.arpa` of 10.244.0.0/16. Of all other addresses, also those of
 * endpoints that are no pods, the server's own resolvers know the names.
 */
export function reverseZonesOf({ podCidr, serviceCidr }: ClusterRanges): string[] {
  const zones = [podCidr, serviceCidr].map(cidr => {
    const [network = '', bits] = cidr.split('/')
    return reverseName(
      network
        .split('.')
        .slice(0, Math.floor(Number(bits) / 8))
        .join('.'),
    )
  })
  return [...new Set(zones)].sort()
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`
}

function zone(origin: string, domain: string, records: readonly string[]): string {
  return `${[
    `$ORIGIN ${origin}`,
    `$TTL ${TTL}`,
    `@ SOA ns.dns.${domain}. hostmaster.${domain}. 1 7200 1800 86400 ${TTL}`,
    `@ NS ns.dns.${domain}.`,
    ...records,
  ].join('\n')}\n`
}

function recordsOf(service: Service, slices: readonly EndpointSlice[], domain: string): Records {
  const { metadata, spec } = service
  const name = `${metadata.name}.${metadata.namespace}.svc`
  const full = `${name}.${domain}.`
  if (spec.type === 'ExternalName') {
    const target = spec.externalName?.replace(/\.$/, '') ?? ''
    return { forward: isName(target) ? [`${name} CNAME ${target}.`] : [], reverse: [] }
  }
  if (isHeadless(service)) return headless(name, full, endpointsOf(slices))
  if (!spec.clusterIP) return { forward: [], reverse: [] }
  const ports = (spec.ports ?? []).flatMap(({ name: port, protocol = 'TCP', port: number }) =>
    port && isName(`_${port}`) ? [srv({ name: port, protocol, port: number }, name, full)] : [],
  )
  return {
    forward: [`${name} A ${spec.clusterIP}`, ...ports],
    reverse: [`${reverseName(spec.clusterIP)}. PTR ${full}`],
  }
}

function srv({ name, protocol, port }: NamedPort, service: string, target: string): string {
  return `_${name}._${protocol.toLowerCase()}.${service} SRV 0 100 ${port} ${target}`
}

/** The name server stops reading a zone at a name that is too long for DNS, and knows nothing of what comes after. */
function isName(text: string): boolean {
  return text.length <= 253 && text.split('.').every(label => label.length > 0 && label.length <= 63)
}

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None'
}

/** One record a pod; a pod without a host name of its own is named after its address. */
function headless(name: string, full: string, endpoints: readonly ServiceEndpoint[]): Records {
  return {
    forward: endpoints.flatMap(({ ip, hostname, ports }, index) => [
      `${name} A ${ip}`,
      `${hostname}.${name} A ${ip}`,
      ...(index < endpointsPerPort(ports.length)
        ? ports.map(port => srv(port, name, `${hostname}.${full}`))
        : []),
    ]),
    reverse: endpoints.map(({ ip, hostname }) => `${reverseName(ip)}. PTR ${hostname}.${full}`),
  }
}

function endpointsOf(slices: readonly EndpointSlice[]): ServiceEndpoint[] {
  const found = new Map<string, ServiceEndpoint>()
  for (const { endpoints, ports } of slices) {
    const named = (ports ?? []).flatMap(({ name, protocol = 'TCP', port }) =>
      name && port && isName(`_${name}`) ? [{ name, protocol, port }] : [],
    )
    for (const { addresses, conditions, hostname } of endpoints ?? []) {
      const [ip] = addresses ?? []
      if (!ip || conditions?.ready === false) continue
      found.set(ip, { ip, hostname: hostname ?? ip.replaceAll('.', '-'), ports: named })
    }
  }
  return [...found.values()].sort((a, b) => (a.ip < b.ip ? -1 : 1))
}
