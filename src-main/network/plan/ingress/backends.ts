import { createHash } from 'node:crypto'
import type { Endpoint } from '../service-model.ts'

const FIRST_PORT = 1_024
const PORTS = 65_536 - FIRST_PORT

/** How many addresses lead to the same backend: an HTTP/2 connection is kept, and one to each spreads the load. */
export const ADDRESSES = 4

/**
 * Caddy connects to addresses that exist only on its own server, and nftables leads each connection to a ready pod. So
 * Caddy's configuration does not change with pods: a reload would end every WebSocket. They are in the part of the
 * Services' range that is given to none.
 *
 * @returns four addresses, e.g. `10.96.0.2` …
 */
export function backendAddresses(serviceCidr: string): string[] {
  const [network = ''] = serviceCidr.split('/')
  const [a, b, c, d] = network.split('.').map(Number)
  return Array.from({ length: ADDRESSES }, (_, n) => `${a}.${b}.${c}.${(d ?? 0) + 2 + n}`)
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

/** The file `ingress/backends`: `PORT POD-ADDRESS POD-PORT` a line; resources/system-image/parts/ingress.sh reads it. */
export function backendLines(backends: ReadonlyMap<number, readonly Endpoint[]>): string {
  return [...backends]
    .sort(([a], [b]) => a - b)
    .flatMap(([port, endpoints]) => endpoints.map(({ ip, port: podPort }) => `${port} ${ip} ${podPort}\n`))
    .join('')
}
