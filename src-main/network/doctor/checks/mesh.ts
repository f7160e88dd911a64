import { gatewayOf } from '../../plan/addresses.ts'
import { VXLAN_PORT, WIREGUARD_PORT, type MeshMode } from '../../plan/links.ts'
import { judgeNat, natCommand } from '../behind-nat.ts'
import type { Check, Examination, Judgement } from '../check.ts'
import { fail, ok, unseen, warn } from '../check.ts'
import { firewallKind, openPort } from '../firewall-kind.ts'
import { pings } from '../pings.ts'

const PORTS: Partial<Record<MeshMode, number>> = { wireguard: WIREGUARD_PORT, vxlan: VXLAN_PORT }
/** What WireGuard has received from each peer so far: `rx 10.244.1.0/24 4711`. */
const RECEIVED = `wg show cx-mesh dump 2>/dev/null | awk 'NF == 8 { print "rx", $4, $6 }'`

/**
 * Do packets really go through the mesh, there and back? Each server pings the pods' gateway of each other one, and
 * where nothing comes back tries its SSH port past the mesh, to tell a closed UDP port from a server out of reach.
 */
export const mesh: Check = {
  name: 'mesh',
  inside: ({ peers, subject }) =>
    [
      ...(subject.endpoint ? [natCommand(subject.endpoint)] : []),
      RECEIVED,
      `fping -q -c 3 -p 200 -t 1000 ${peers.map(({ podCidr }) => gatewayOf(podCidr)).join(' ')}`,
      RECEIVED,
      ...peers.map(
        ({ endpoint, server }) =>
          `timeout 2 bash -c '</dev/tcp/${endpoint}/${server.spec.ssh?.port ?? 22}' 2>/dev/null && echo 'tcp ${endpoint}'`,
      ),
      'true',
    ].join('\n'),
  judge(examination) {
    const { inside, peers } = examination
    if (peers.length === 0) return []
    if (!inside) return unseen(examination)
    const answers = pings(inside.text)
    return peers.map(peer =>
      judgePair(examination, inside.text, peer, answers.get(gatewayOf(peer.podCidr)) ?? 0),
    )
  },
}

function judgePair(
  examination: Examination,
  text: string,
  peer: Examination['peers'][number],
  received: number,
): Judgement {
  const { subject, mode, insideOf } = examination
  const extra = { peer: peer.name }
  if (received === 3) return ok(`Packets reach ${peer.name} through the mesh (${mode}).`, extra)
  if (received > 0) {
    return warn(`Of three packets to ${peer.name} through the mesh, ${received} came back.`, undefined, extra)
  }
  const rules = insideOf(peer.name, 'firewall')
  const kind = rules ? firewallKind(rules) : 'none'
  if (hasReceived(insideOf(peer.name, 'mesh')?.text ?? '', subject.podCidr ?? '')) {
    return fail(
      `${peer.name} receives what is sent through the mesh, but does not answer a ping: its firewall drops what comes from cx-mesh.`,
      'sudo iptables -I INPUT -i cx-mesh -p icmp -j ACCEPT',
      { ...extra, mendOn: peer.name },
    )
  }
  const port = PORTS[mode]
  const nat = judgeNat(examination, text, peer)
  if (nat) return nat
  const reached = text.includes(`tcp ${peer.endpoint}\n`)
  if (!reached) {
    return fail(
      `${peer.name} is out of reach at ${peer.endpoint}, at its SSH port too. If the servers reach it at another address, say so; if ${subject.name} and it stand behind two routers, forward UDP ${WIREGUARD_PORT} of one to its server, and say that router's.`,
      `kubectl patch server ${peer.name} --type merge -p '{"spec":{"network":{"address":"ADDRESS"}}}'`,
      { ...extra, mendOn: 'here' },
    )
  }
  if (port === undefined) {
    return fail(
      `${peer.name} is reached at ${peer.endpoint}, but not its pods: host-gw needs all servers on one network.`,
      `kubectl -n coxswain-system patch configmap network --type merge -p '{"data":{"mode":"auto"}}'`,
      { ...extra, mendOn: 'here' },
    )
  }
  const provider = kind === 'none' ? " It has no firewall of its own: look at its provider's." : ''
  return fail(
    `Nothing comes back from ${peer.name} through the mesh, though its SSH port answers: UDP ${port} does not get through.${provider}`,
    openPort(kind, port, subject.endpoint ?? '0.0.0.0/0'),
    { ...extra, mendOn: peer.name },
  )
}

/** Whether something of that peer came in while the peer itself was looked at: every server pings all others always. */
function hasReceived(text: string, podCidr: string): boolean {
  const counts = [...text.matchAll(/^rx (\S+) (\d+)$/gm)].filter(([, cidr]) => cidr === podCidr)
  const [before, after] = counts.map(([, , bytes]) => Number(bytes))
  return before !== undefined && after !== undefined && after > before
}
