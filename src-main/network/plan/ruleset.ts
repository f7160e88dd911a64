import { gatewayOf, type ClusterRanges } from './addresses.ts'
import { type MeshMode, type MeshServer, VXLAN_PORT } from './links.ts'
import type { ClusterPolicies } from './policy-model.ts'
import { policyRules } from './policy-rules.ts'
import { chain } from './nft-text.ts'
import { serviceRules } from './service-rules.ts'
import type { Endpoint, ServicePort } from './service-model.ts'

/** Packets that carry it pass Docker's own rules (resources/system-image/parts/rules.sh). */
const ACCEPT_MARK = '0x2000'
const MESH_DEVICE = 'cx-mesh'

export interface RulesetInput {
  own: MeshServer
  servers: readonly MeshServer[]
  mode: MeshMode
  ranges: ClusterRanges
  services: readonly ServicePort[]
  /** Ports that a load balancer must not take from the server: that of sshd. */
  reservedPorts: readonly number[]
  policies: ClusterPolicies
  /** What Ingresses lead to. */
  published: readonly Endpoint[]
}

/**
 * The rules of one server as one nftables table, which replaces the last one as a whole. `$pods` is the bridge of its
 * pods; `$unseen` is its pod network if the bridge hides packets between its own pods from the rules.
 */
export function planRuleset(input: RulesetInput): string {
  const { own, ranges, services, reservedPorts } = input
  return `${[
    'table ip coxswain',
    'delete table ip coxswain',
    'table ip coxswain {',
    ...serviceRules(services, { own, reservedPorts }),
    ...chain('prerouting', 'nat', 'prerouting priority -100', ['jump services']),
    ...chain('output', 'nat', 'output priority -100', ['jump services']),
    ...chain('postrouting', 'nat', 'postrouting priority 90', postrouting(input)),
    ...policyRules(input.policies, input),
    ...chain('forward', 'filter', 'forward priority -10', forward(input)),
    ...chain('from-here', 'filter', 'output priority -10', [refuse(ranges)]),
    ...chain('input', 'filter', 'input priority -10', protect(input)),
    '}',
  ].join('\n')}\n`
}

/** A virtual address that is still the destination here has no endpoint that is ready. */
function refuse({ serviceCidr }: ClusterRanges): string {
  return `ip daddr ${serviceCidr} reject with icmp type port-unreachable`
}

/**
 * Runs before Docker's own masquerading, and what is decided here is not decided again: between pods every packet keeps
 * its sender's address (it is "translated" to itself), so that applications, logs and policies see who asks.
 */
function postrouting({ ranges, own }: RulesetInput): string[] {
  const { podCidr } = ranges
  return [
    // a pod that reached itself through a Service would take an answer from itself for somebody else's
    'ip saddr . ip daddr @hairpin masquerade',
    // without br_netfilter the answer of a pod on the same bridge would not come back through the rules
    `ip saddr $unseen ip daddr ${own.podCidr} ct status dnat masquerade`,
    `ip saddr ${podCidr} ip daddr ${podCidr} snat ip to ip saddr`,
    // the other server answers the way that the question came: through the mesh
    `ip daddr ${podCidr} oifname != $pods masquerade`,
  ]
}

function forward({ ranges, own, mode, servers }: RulesetInput): string[] {
  const { podCidr } = ranges
  const pass = `meta mark set meta mark or ${ACCEPT_MARK} accept`
  const peers = servers.filter(({ name }) => name !== own.name).map(server => server.podCidr)
  // on one LAN there is no device of our own: what comes from a peer's pods comes from a neighbour
  const fromMesh =
    mode === 'host-gw'
      ? peers.length > 0
        ? [`ip saddr { ${peers.join(', ')} } ip daddr ${podCidr} ${pass}`]
        : []
      : [`iifname ${MESH_DEVICE} ip daddr ${podCidr} ${pass}`]
  return [
    refuse(ranges),
    'tcp flags syn tcp option maxseg size set rt mtu',
    `ct state established,related ip saddr ${podCidr} ${pass}`,
    `ct state established,related ip daddr ${podCidr} ${pass}`,
    'jump policies',
    `iifname $pods ${pass}`,
    ...fromMesh,
    `ip daddr ${podCidr} ct status dnat ${pass}`,
    // nobody outside reaches a pod's address directly
    `ip daddr ${podCidr} drop`,
  ]
}

/** What only the other servers and our own pods may send to this server. */
function protect({ own, servers, mode }: RulesetInput): string[] {
  const gateway = gatewayOf(own.podCidr)
  const peers = servers
    .filter(({ name, endpoint }) => name !== own.name && /^\d+(\.\d+){3}$/.test(endpoint))
    .map(({ endpoint }) => endpoint)
  const devices = `{ $pods, "${MESH_DEVICE}", "lo" }`
  return [
    ...(mode === 'vxlan' && peers.length > 0
      ? [`udp dport ${VXLAN_PORT} ip saddr != { ${peers.join(', ')} } drop`]
      : []),
    `ip daddr ${gateway} iifname != ${devices} meta l4proto { tcp, udp } th dport 53 drop`,
    // policies are about what pods begin, not about their answers to this server
    'ct state established,related accept',
    'jump policies',
  ]
}
