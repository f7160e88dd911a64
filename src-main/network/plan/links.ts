import { compareAddresses, gatewayOf } from './addresses.ts'

/** How packets get from one server's pods to another's. */
export type MeshMode = 'wireguard' | 'vxlan' | 'host-gw'

/** UDP ports at which the links listen, as in resources/system-image/parts/mesh.sh. */
export const WIREGUARD_PORT = 51821
export const VXLAN_PORT = 4789

/** A server as the others' routes see it. */
export interface MeshServer {
  name: string
  /** Where the other servers reach it: `Server.spec.network.address`, or the host of its SSH. */
  endpoint: string
  /** At which its WireGuard is reached there, if it is not the port that it listens at. */
  wireguardPort?: number
  /** `10.244.3.0/24` */
  podCidr: string
  /** Of its WireGuard key, which it makes itself. */
  publicKey?: string
  /** It has said that it has no WireGuard. */
  plainOnly?: boolean
}

/** `auto`: encrypted, unless a server has said that it cannot; one that cannot must still reach all others. */
export function chooseMode(
  wanted: MeshMode | 'auto',
  servers: readonly Pick<MeshServer, 'plainOnly'>[],
): MeshMode {
  if (wanted !== 'auto') return wanted
  return servers.some(({ plainOnly }) => plainOnly) ? 'vxlan' : 'wireguard'
}

/** The file `mesh/links` of one server; resources/system-image/parts/mesh.sh reads it. */
export function planLinks(own: MeshServer, servers: readonly MeshServer[], mode: MeshMode): string {
  const peers = servers
    .filter(({ name, endpoint }) => name !== own.name && !endpoint.startsWith('127.'))
    .sort((a, b) => compareAddresses(gatewayOf(a.podCidr), gatewayOf(b.podCidr)))
  const lines = [
    `mode ${mode}`,
    `local ${own.endpoint}`,
    `gateway ${gatewayOf(own.podCidr)}`,
    ...peers.map(peer =>
      ['peer', peer.endpoint, peer.podCidr, ...(mode === 'wireguard' ? wireguardOf(peer) : [])].join(' '),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function wireguardOf({ publicKey, wireguardPort }: MeshServer): (string | number)[] {
  if (!publicKey) return []
  return wireguardPort === undefined ? [publicKey] : [publicKey, wireguardPort]
}
