import type { Client } from '../api/client.ts'
import { NETWORK_CONFIG } from '../api/cluster-ranges.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { ServerKind } from '../api/kinds/server.ts'
import type { MeshMode, MeshServer } from './plan/links.ts'

/** On a Node: the public key of its WireGuard, or `none` on a server that has no WireGuard. */
export const WIREGUARD_ANNOTATION = 'coxswain.io/wireguard-key'

const MODES: readonly string[] = ['wireguard', 'vxlan', 'host-gw'] satisfies MeshMode[]

/** How the ConfigMap says that servers are linked: `auto` (also when absent), or a MeshMode. */
export function wantedMode(client: Client): MeshMode | 'auto' {
  const mode = client.get(ConfigMapKind, NETWORK_CONFIG.name, NETWORK_CONFIG.namespace)?.data?.mode
  return mode !== undefined && MODES.includes(mode) ? (mode as MeshMode) : 'auto'
}

/** The servers that have pods of their own and can be linked; a simulated one has neither. */
export function meshServers(client: Client): MeshServer[] {
  return client.list(NodeKind).flatMap(({ metadata, spec, status }) => {
    const server = client.get(ServerKind, metadata.name)
    const internal = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    const { address, port } = server?.spec.network ?? {}
    const endpoint = address ?? internal
    if (!server || server.spec.simulated || !spec.podCIDR || !endpoint) return []
    const key = metadata.annotations?.[WIREGUARD_ANNOTATION]
    return [
      {
        name: metadata.name,
        endpoint,
        ...(port === undefined ? {} : { wireguardPort: port }),
        podCidr: spec.podCIDR,
        ...(key === undefined ? {} : key === 'none' ? { plainOnly: true } : { publicKey: key }),
      },
    ]
  })
}
