import { createHash } from 'node:crypto'
import { OF_INGRESS } from '../../../api/cluster-ranges.ts'
import { chain, collection } from '../nft-text.ts'
import type { Endpoint } from '../service-model.ts'

const FIRST_PORT = 1_024
const PORTS = 65_536 - FIRST_PORT

/**
 * An established connection on which something that was sent has not been acknowledged: the kernel then remembers it for
 * just so long (nf_conntrack_tcp_timeout_unacknowledged), from each packet on, and not for days.
 */
const UNACKNOWLEDGED = 'ct expiration 290s-300s'

/** How many addresses lead to the same backend: an HTTP/2 connection is kept, and one to each spreads the load. */
export const ADDRESSES = 4

/**
 * Caddy connects to addresses that exist only on its own server, and nftables leads each connection to a ready pod. So
 * Caddy's configuration does not change with pods, and needs no other process. They are in the part of the Services'
 * range that is given to none.
 *
 * @returns four addresses, e.g. `10.96.0.2` …
 */
export function backendAddresses(serviceCidr: string): string[] {
  const [network = ''] = serviceCidr.split('/')
  const [a, b, c, d] = network.split('.').map(Number)
  return Array.from({ length: ADDRESSES }, (_, n) => `${a}.${b}.${c}.${(d ?? 0) + OF_INGRESS.first + n}`)
}

/** A port for each backend. It depends on the other backends only when two meet at the same one. */
export function backendPorts(ids: Iterable<string>): Map<string, number> {
  const ports = new Map<string, number>()
  const taken = new Set<number>()
  for (const id of [...new Set(ids)].sort()) {
    let offset = createHash('sha256').update(id).digest().readUInt32BE() % PORTS
    while (taken.has(offset)) offset = (offset + 1) % PORTS
    taken.add(offset)
    ports.set(id, FIRST_PORT + offset)
  }
  return ports
}

/**
 * The file `ingress/backends.nft`: one table that leads each connection of Caddy to a backend's port on to one of its
 * pods. Its maps are written as those of Services, so that parts/alive.awk takes out the pods of servers that do not
 * answer; parts/ingress.sh puts those servers into the set `lost`, and after a while into `dead`. A request that has not
 * reached a lost one is told at its next packet, so that it is tried elsewhere; the others are left alone, for a server
 * that is merely busy goes on with its answers. What waits for a dead one is told in any case.
 */
export function planBackends(
  backends: ReadonlyMap<number, readonly Endpoint[]>,
  { addresses, storePort, gateway }: { addresses: readonly string[]; storePort: number; gateway: string },
): string {
  const sorted = [...backends].filter(([, endpoints]) => endpoints.length > 0).sort(([a], [b]) => a - b)
  const toBackends = `ip daddr { ${addresses.join(', ')} }`
  return `${[
    'table ip coxswain-ingress',
    'delete table ip coxswain-ingress',
    'table ip coxswain-ingress {',
    ...sorted.flatMap(([port, endpoints]) => {
      const choice = endpoints.map(({ ip, port: podPort }, n) => `${n} : ${ip} . ${podPort}`).join(', ')
      const choose = `numgen random mod ${endpoints.length} map { ${choice} }`
      return [`  chain to-${port} {`, `    meta l4proto tcp dnat ip to ${choose}`, '  }']
    }),
    ...collection(
      'map backends',
      'inet_service : verdict',
      sorted.map(([port]) => `${port} : goto to-${port}`),
    ),
    ...['lost', 'dead'].flatMap(name => [
      `  set ${name} {`,
      '    type ipv4_addr',
      '    flags interval',
      '  }',
    ]),
    ...chain('output', 'nat', 'output priority -101', [
      `${toBackends} meta l4proto tcp tcp dport vmap @backends`,
    ]),
    ...chain('from-dead', 'filter', 'output priority -11', [
      `ct original ${toBackends} ip daddr @lost ${UNACKNOWLEDGED} meta l4proto tcp reject with tcp reset`,
      `ct original ${toBackends} ip daddr @dead meta l4proto tcp reject with tcp reset`,
    ]),
    // the certificates' way to the other servers, which leads through the mesh
    ...chain('input', 'filter', 'input priority -11', [`tcp dport ${storePort} ip daddr != ${gateway} drop`]),
    '}',
  ].join('\n')}\n`
}
