import type { EndpointSlice, Ingress, Service } from '../../../api/types.ts'
import type { Endpoint } from '../service-model.ts'
import { acmeFiles, STORE_PORT, type AcmePlan } from './acme.ts'
import { backendAddresses, backendPorts, planBackends } from './backends.ts'
import { caddyConfig, quicConfig } from './caddy.ts'
import { serviceOf } from './backend-ports.ts'
import { ownIngresses } from './classes.ts'
import { quicAddresses } from './generation.ts'
import { keyOf, type IngressObjects, type IngressProblem } from './model.ts'
import { Proxies } from './proxy.ts'
import { routesOf } from './routes.ts'
import { planTls, type TlsPlan } from './tls.ts'

export interface ClusterIngress {
  /** Those that we answer for. */
  own: Ingress[]
  /** The ready pods that they lead to. */
  endpoints: Endpoint[]
  problems: IngressProblem[]
  /** Hosts whose certificate is obtained from an authority. */
  acmeHosts: readonly string[]
  /** The servers that run the ingress. */
  servers: readonly string[]
  /** What Caddy connects to for each Service, `namespace/name`: `10.96.0.2:1234` … */
  dials: ReadonlyMap<string, readonly string[]>
  /** The server that obtains certificates where there are any to be obtained. */
  leader?: string
  /** Those of them that a server asks for: all on one server, none on the others. */
  obtainedBy(server: string): readonly string[]
  /** The part's files on a server; none while there is no Ingress, or on one that does not run the ingress. */
  filesOf(server: string): Record<string, string>
}

export interface ServiceObjects {
  services: readonly Service[]
  slices: ReadonlyMap<string, readonly EndpointSlice[]>
  serviceCidr: string
}

/** What every ingress server serves. */
export function planIngress(
  { ingresses, classes, secrets, acme = {}, servers, store }: IngressObjects,
  { services, slices, serviceCidr }: ServiceObjects,
): ClusterIngress {
  const problems: IngressProblem[] = []
  const own = ownIngresses(ingresses, classes, problems)
  if (own.length === 0)
    return {
      own,
      endpoints: [],
      problems,
      acmeHosts: [],
      servers: [],
      dials: new Map(),
      obtainedBy: () => [],
      filesOf: () => ({}),
    }
  const backends = {
    services: new Map(services.map(service => [keyOf(service), service])),
    slices,
    secrets: new Map(secrets.map(secret => [keyOf(secret), secret])),
  }
  const hosts = routesOf(own, problems)
  const tls = planTls(own, backends, { acme, problems })
  // ports depend on all backends together, so that these are gathered first
  const gathered = new Proxies(backends, serviceCidr, () => 0)
  for (const { paths, fallback } of hosts) {
    for (const route of [...paths, ...(fallback ? [fallback] : [])]) gathered.handlers(route)
  }
  const ports = backendPorts(gathered.endpoints.keys())
  const proxies = new Proxies(backends, serviceCidr, id => ports.get(id) ?? 0)
  const byPort = new Map<number, Endpoint[]>()
  for (const [id, endpoints] of gathered.endpoints) byPort.set(ports.get(id) ?? 0, endpoints)
  const filesFor = (role?: AcmePlan): Record<string, string> => {
    const input = { hosts, tls, proxies, backends, ...(role ? { acme: role } : {}) }
    const quic = quicConfig(input)
    return {
      ...certificateFiles(tls),
      'caddy.json': caddyConfig(input),
      ...(quic === undefined ? {} : { 'quic.json': quic, quic: quicAddresses(serviceCidr) }),
      ports: portLines(tls.certificates.length > 0, role),
      ...(role ? acmeFiles(role) : {}),
    }
  }
  const { acmeHosts } = tls
  const [leader] = servers
  const roleOf = (isLeader: boolean): AcmePlan | undefined =>
    acmeHosts.length > 0 && leader && store
      ? { hosts: acmeHosts, settings: acme, leader, isLeader, pair: store }
      : undefined
  // at once, for it tells what is wrong with annotations; all followers have the same
  const ofLeader = filesFor(roleOf(true))
  const role = roleOf(false)
  const ofFollowers = role ? filesFor(role) : ofLeader
  return {
    own,
    endpoints: [...gathered.endpoints.values()].flat(),
    problems: unique(problems),
    acmeHosts,
    servers: servers.map(({ name }) => name),
    dials: dialsOf(ports, serviceCidr),
    ...(leader ? { leader: leader.name } : {}),
    obtainedBy: name => (role && name === leader?.name ? acmeHosts : []),
    filesOf(name) {
      const server = servers.find(each => each.name === name)
      if (!server) return {}
      const { gateway } = server
      const addresses = backendAddresses(serviceCidr)
      return {
        ...(server === leader ? ofLeader : ofFollowers),
        'backends.nft': planBackends(byPort, { addresses, storePort: STORE_PORT, gateway }),
      }
    },
  }
}

function dialsOf(ports: ReadonlyMap<string, number>, serviceCidr: string): Map<string, string[]> {
  const addresses = backendAddresses(serviceCidr)
  const dials = new Map<string, string[]>()
  for (const [id, port] of ports) {
    const service = serviceOf(id)
    const known = dials.get(service) ?? []
    dials.set(service, [...known, ...addresses.map(address => `${address}:${port}`)])
  }
  return dials
}

function certificateFiles({ certificates }: TlsPlan): Record<string, string> {
  const pairs = certificates.flatMap(({ id, certificate, key }) => [
    [`${id}.crt`, certificate],
    [`${id}.key`, key],
  ])
  return Object.fromEntries(pairs) as Record<string, string>
}

function portLines(hasCertificates: boolean, acme: AcmePlan | undefined): string {
  const secure = hasCertificates || acme ? ['tcp 443', 'udp 443'] : []
  const own = acme?.isLeader ? [`tcp ${STORE_PORT}`] : []
  return `${['tcp 80', ...secure, ...own].join('\n')}\n`
}

/** All listeners have the same routes, so that both say the same. */
function unique(problems: readonly IngressProblem[]): IngressProblem[] {
  const seen = new Map(problems.map(each => [`${keyOf(each.ingress)} ${each.reason} ${each.message}`, each]))
  return [...seen.values()]
}
