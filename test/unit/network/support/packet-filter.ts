import ipaddr from 'ipaddr.js'

/** The first packet of a connection, after the address of a Service has been replaced. */
export interface Packet {
  from: string
  to: string
  protocol: 'tcp' | 'udp' | 'sctp' | 'icmp'
  /** Of the destination; 0 where the protocol has none. */
  port: number
}

type Verdict = 'drop' | 'return'

/**
 * What nftables would do with a packet in a chain of a ruleset: as much of its language as policies use. It throws at
 * everything else, so that no rule is passed over.
 */
export class PacketFilter {
  readonly #sets = new Map<string, Set<string>>()
  readonly #maps = new Map<string, Map<string, string>>()
  readonly #chains = new Map<string, string[]>()

  constructor(ruleset: string) {
    for (const [, kind, name = '', body = ''] of ruleset.matchAll(
      /^ {2}(set|map|chain) (\S+) \{\n(.*?)^ {2}\}/gms,
    )) {
      if (kind === 'chain') this.#chains.set(name, linesOf(body))
      else {
        const [, list = ''] = /elements = \{(.*)\}/s.exec(body) ?? []
        const elements = list.split(',').map(element => element.trim())
        if (kind === 'set') this.#sets.set(name, new Set(elements))
        else this.#maps.set(name, new Map(elements.map(element => element.split(' : ') as [string, string])))
      }
    }
  }

  verdict(chain: string, packet: Packet): Verdict {
    const lines = this.#chains.get(chain)
    if (!lines) throw new Error(`there is no chain ${chain}`)
    for (const line of lines) {
      const verdict = this.#rule(line.replace(/ ?comment ".*"$/, ''), packet)
      if (verdict) return verdict
    }
    return 'return'
  }

  #rule(line: string, packet: Packet): Verdict | undefined {
    let rest = line
    for (;;) {
      if (rest === 'drop' || rest === 'return') return rest
      const vmap = /^ip (saddr|daddr) vmap @(\S+)$/.exec(rest)
      if (vmap) {
        const [, end, map = ''] = vmap
        const verdict = this.#maps.get(map)?.get(address(packet, end))
        const dropped = verdict && this.verdict(verdict.replace(/^jump /, ''), packet) === 'drop'
        return dropped ? 'drop' : undefined
      }
      const match = MATCHES.map(([pattern, test]) => [pattern.exec(rest), test] as const).find(
        ([found]) => found,
      )
      if (!match?.[0]) throw new Error(`cannot read "${rest}" in "${line}"`)
      const [found, test] = match
      if (!test(found.slice(1), packet, name => this.#set(name))) return undefined
      rest = rest.slice(found[0].length)
    }
  }

  #set(name: string): Set<string> {
    const set = this.#sets.get(name)
    if (!set) throw new Error(`there is no set ${name}`)
    return set
  }
}

type Test = (parts: string[], packet: Packet, set: (name: string) => Set<string>) => boolean

const MATCHES: [RegExp, Test][] = [
  [/^ip saddr \. ip daddr @(\S+) /, ([name = ''], { from, to }, set) => set(name).has(`${from} . ${to}`)],
  [
    /^ip daddr \. (tcp|udp|sctp) dport @(\S+) /,
    ([protocol, name = ''], packet, set) =>
      packet.protocol === protocol && set(name).has(`${packet.to} . ${packet.port}`),
  ],
  [/^ip (saddr|daddr) @(\S+) /, ([end, name = ''], packet, set) => set(name).has(address(packet, end))],
  [
    /^ip (saddr|daddr) (!= )?([\d./]+) /,
    ([end, not, cidr = ''], packet) => within(address(packet, end), cidr) === !not,
  ],
  [/^ip saddr \{ ([^}]*) \} /, ([list = ''], { from }) => list.split(', ').includes(from)],
  [/^meta l4proto (\w+) /, ([protocol], packet) => packet.protocol === protocol],
  [
    /^(tcp|udp|sctp) dport (?:\{ ([^}]*) \}|(\d+)) /,
    ([protocol, list, one], packet) =>
      packet.protocol === protocol &&
      (list ?? one ?? '').split(', ').some(range => {
        const [first = NaN, last = first] = range.split('-').map(Number)
        return packet.port >= first && packet.port <= last
      }),
  ],
]

function linesOf(body: string): string[] {
  return body
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}

function address({ from, to }: Packet, end: string | undefined): string {
  return end === 'saddr' ? from : to
}

function within(ip: string, cidr: string): boolean {
  const range = ipaddr.IPv4.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/32`)
  return ipaddr.IPv4.parse(ip).match(range)
}
