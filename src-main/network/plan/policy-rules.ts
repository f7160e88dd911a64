import { createHash } from 'node:crypto'
import { compareAddresses, gatewayOf } from './addresses.ts'
import type { MeshServer } from './links.ts'
import {
  portKey,
  type ClusterPolicies,
  type Policy,
  type PolicyPort,
  type PolicyProtocol,
  type PolicyRule,
} from './policy-model.ts'
import { collection } from './nft-text.ts'
import type { Endpoint } from './service-model.ts'

type Direction = 'ingress' | 'egress'

export interface PolicySurroundings {
  own: MeshServer
  servers: readonly MeshServer[]
  /** What Ingresses lead to. */
  published: readonly Endpoint[]
}

/** Which address of a packet the other end has. */
const PEER = { ingress: 'ip saddr', egress: 'ip daddr' } as const
const PROTOCOLS: readonly PolicyProtocol[] = ['tcp', 'udp', 'sctp']
/** Of the cluster's name server, as other clusters call its ports. */
const DNS_PORTS = { tcp: 'dns-tcp', udp: 'dns' } as const

/**
 * NetworkPolicies as nftables declarations: sets, maps and chains that end with the chain `policies`, which drops what
 * is not allowed and returns for all else. They name the set `hairpin` of the rules of Services.
 *
 * One lookup by the pod's address finds its chain, in each direction, whatever the number of pods; pods with the same
 * policies share a chain. A chain has a line for each rule, which returns what it allows, and drops at its end.
 */
export function policyRules(
  { policies, namedPorts }: ClusterPolicies,
  { own, servers, published }: PolicySurroundings,
): string[] {
  const server = new ServerPolicies(own.podCidr, namedPorts)
  const egress = server.isolate(policies, 'egress')
  const ingress = server.isolate(policies, 'ingress')
  const byIngress = ingress.length > 0 ? ingressRules(own, servers, published) : undefined
  return [
    ...server.declarations(),
    ...(byIngress?.declarations ?? []),
    ...collection('map policy-egress', 'ipv4_addr : verdict', egress),
    ...collection('map policy-ingress', 'ipv4_addr : verdict', ingress),
    '  chain policies {',
    // nothing keeps a pod from itself
    '    ip saddr . ip daddr @hairpin return',
    ...(egress.length > 0 ? ['    ip saddr vmap @policy-egress'] : []),
    ...(byIngress?.rules ?? []),
    ...(ingress.length > 0 ? ['    ip daddr vmap @policy-ingress'] : []),
    '  }',
  ]
}

/**
 * Caddy on another server asks with the address of that server's gateway, and no selector chooses that. Whoever leads an
 * Ingress to a pod wants it to be asked, on whichever server the request came in.
 */
function ingressRules(own: MeshServer, servers: readonly MeshServer[], published: readonly Endpoint[]) {
  const prefix = prefixOf(own.podCidr)
  const targets = published
    .filter(({ ip }) => ip.startsWith(prefix))
    .sort((a, b) => compareAddresses(a.ip, b.ip) || a.port - b.port)
    .map(({ ip, port }) => `${ip} . ${port}`)
  const others = servers.filter(({ name }) => name !== own.name).map(({ podCidr }) => gatewayOf(podCidr))
  if (targets.length === 0 || others.length === 0) return undefined
  return {
    declarations: collection('set policy-published', 'ipv4_addr . inet_service', [...new Set(targets)]),
    rules: [
      `    ip saddr { ${others.sort(compareAddresses).join(', ')} } ip daddr . tcp dport @policy-published return`,
    ],
  }
}

class ServerPolicies {
  readonly #gateway: string
  readonly #prefix: string
  readonly #namedPorts: ClusterPolicies['namedPorts']
  readonly #sets = new Map<string, string[]>()
  readonly #chains = new Map<string, string[]>()

  constructor(podCidr: string, namedPorts: ClusterPolicies['namedPorts']) {
    this.#gateway = gatewayOf(podCidr)
    this.#prefix = prefixOf(podCidr)
    this.#namedPorts = namedPorts
  }

  declarations(): string[] {
    const byName = (a: [string, unknown], b: [string, unknown]) => (a[0] < b[0] ? -1 : 1)
    return [
      ...[...this.#sets].sort(byName).flatMap(([, lines]) => lines),
      ...[...this.#chains].sort(byName).flatMap(([, lines]) => lines),
    ]
  }

  /** The chains of one direction. @returns which pod has which, as elements of a verdict map */
  isolate(policies: readonly Policy[], direction: Direction): string[] {
    const ofPod = new Map<string, Policy[]>()
    for (const policy of policies) {
      if (!policy[direction]) continue
      for (const ip of policy.pods) {
        if (!ip.startsWith(this.#prefix)) continue
        const list = ofPod.get(ip)
        if (list) list.push(policy)
        else ofPod.set(ip, [policy])
      }
    }
    return [...ofPod].sort(byLastByte).map(([ip, all]) => `${ip} : jump ${this.#chain(all, direction)}`)
  }

  /** What one of these policies allows is allowed. */
  #chain(policies: readonly Policy[], direction: Direction): string {
    const name = `${direction}-${digest(policies.map(({ id }) => id).join(' '))}`
    if (this.#chains.has(name)) return name
    const lines = policies.flatMap(policy =>
      (policy[direction] ?? []).flatMap(rule =>
        this.#matches(rule, direction).map(
          match => `    ${match}return comment "${policy.id.slice(0, 127)}"`,
        ),
      ),
    )
    this.#chains.set(name, [`  chain ${name} {`, ...lines, '    drop', '  }'])
    return name
  }

  /** Each is the beginning of a rule, empty or with a space at its end. */
  #matches({ peers, ports }: PolicyRule, direction: Direction): string[] {
    const where = this.#portMatches(ports)
    if (!peers) return where
    const { pods, blocks, nameServer } = peers
    const who = [
      ...(pods.length > 0 ? [`${PEER[direction]} @${this.#addresses(pods)} `] : []),
      ...blocks.map(({ cidr, except }) =>
        [cidr, ...except.map(inner => `!= ${inner}`)].map(match => `${PEER[direction]} ${match} `).join(''),
      ),
    ]
    return [
      ...who.flatMap(peer => where.map(port => peer + port)),
      ...(nameServer && direction === 'egress' ? this.#nameServer(ports) : []),
    ]
  }

  #portMatches(ports: readonly PolicyPort[] | undefined): string[] {
    if (!ports) return ['']
    return PROTOCOLS.flatMap(protocol => {
      const own = ports.filter(port => port.protocol === protocol)
      if (own.some(isAll)) return [`meta l4proto ${protocol} `]
      const ranges = merge(own.flatMap(({ range }) => (range ? [range] : [])))
      const names = [...new Set(own.flatMap(({ name }) => name ?? []))].sort()
      return [
        ...(ranges.length > 0 ? [`${protocol} dport { ${ranges.join(', ')} } `] : []),
        ...this.#named(names, protocol),
      ]
    })
  }

  /** A name may stand for another number in each pod. Several are one set, so that a rule has not each for each peer. */
  #named(names: readonly string[], protocol: PolicyProtocol): string[] {
    const keys = names.map(name => portKey(name, protocol))
    const targets = new Set(keys.flatMap(key => this.#namedPorts.get(key) ?? []))
    if (targets.size === 0) return []
    const set = `policy-port-${digest(keys.join(' '))}`
    this.#sets.set(set, collection(`set ${set}`, 'ipv4_addr . inet_service', [...targets]))
    return [`ip daddr . ${protocol} dport @${set} `]
  }

  /** The same addresses are one set, whoever chose them. */
  #addresses(addresses: readonly string[]): string {
    const set = peersSet(addresses)
    if (!this.#sets.has(set)) this.#sets.set(set, collection(`set ${set}`, 'ipv4_addr', addresses))
    return set
  }

  /** At the gateway there are other things too: a selector that chooses the name server opens its port alone. */
  #nameServer(ports: readonly PolicyPort[] | undefined): string[] {
    const isOpen = (protocol: 'tcp' | 'udp') =>
      !ports ||
      ports.some(port => {
        if (port.protocol !== protocol) return false
        if (port.name !== undefined) return port.name === DNS_PORTS[protocol]
        return !port.range || (port.range[0] <= 53 && port.range[1] >= 53)
      })
    return (['tcp', 'udp'] as const)
      .filter(isOpen)
      .map(protocol => `ip daddr ${this.#gateway} ${protocol} dport 53 `)
  }
}

const peersSets = new WeakMap<readonly string[], string>()

/** Named after what is in it, which is the same on all servers. */
function peersSet(addresses: readonly string[]): string {
  const name = peersSets.get(addresses) ?? `policy-peers-${digest(addresses.join(' '))}`
  peersSets.set(addresses, name)
  return name
}

/** `10.244.3.` */
function prefixOf(podCidr: string): string {
  return gatewayOf(podCidr).slice(0, -1)
}

function isAll({ range, name }: PolicyPort): boolean {
  return range === undefined && name === undefined
}

/** Ranges that overlap as one, for nft takes no others: `80`, `8000-8100`. */
function merge(ranges: readonly (readonly [number, number])[]): string[] {
  const merged: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`))
}

function byLastByte([a]: [string, unknown], [b]: [string, unknown]): number {
  return Number(a.slice(a.lastIndexOf('.') + 1)) - Number(b.slice(b.lastIndexOf('.') + 1))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
