import { WIREGUARD_PORT } from '../plan/links.ts'
import type { Examination, Judgement, Subject } from './check.ts'
import { fail } from './check.ts'
import { firewallKind, openPort } from './firewall-kind.ts'

/** A server whose address for the others is a router's. */
interface Hidden {
  name: string
  /** The router's. */
  endpoint: string
  /** Of its WireGuard, at the router. */
  port: number
  /** Its own, in the router's network. */
  address: string
}

/** Shell that prints `nat ADDRESS`, the server's own address, where `endpoint` is another one: a router's. */
export const natCommand = (
  endpoint: string,
): string => `at=$(getent ahostsv4 ${endpoint} | cut -d' ' -f1 | head -1)
[ -z "$at" ] || ip -4 -o addr | grep -qF " $at/" || ip -4 -o route get "$at" | sed -n 's/.* src \\([^ ]*\\).*/nat \\1/p'`

/**
 * What NAT has to do with it that nothing comes back from `peer`; nothing where it has nothing to do with it.
 *
 * @param text what `natCommand` has printed on the examined server, among other things; the peer's is looked up
 */
export function judgeNat(
  { subject, mode, insideOf }: Examination,
  text: string,
  peer: Examination['peers'][number],
): Judgement | undefined {
  const own = hidden(subject, text)
  const other = hidden(peer, insideOf(peer.name, 'mesh')?.text ?? '')
  const extra = { peer: peer.name }
  if (mode !== 'wireguard' && (own ?? other)) {
    return fail(
      `${(other ?? own)?.name} stands behind NAT, which ${mode} does not get through; WireGuard does.`,
      `kubectl -n coxswain-system patch configmap network --type merge -p '{"data":{"mode":"wireguard"}}'`,
      { ...extra, mendOn: 'here' },
    )
  }
  if (own && other) return { ...bothHidden(own, other), ...extra }
  if (!other) return undefined
  const rules = insideOf(subject.name, 'firewall')
  return fail(
    `${peer.name} stands behind NAT, so that it has to come here first: its UDP packets to port ${WIREGUARD_PORT} do not get through.`,
    openPort(rules ? firewallKind(rules) : 'none', WIREGUARD_PORT, peer.endpoint),
    extra,
  )
}

function hidden({ name, endpoint, server }: Subject, text: string): Hidden | undefined {
  const address = /^nat (\S+)$/m.exec(text)?.[1]
  if (!endpoint || !address) return undefined
  return { name, endpoint, address, port: server.spec.network?.port ?? WIREGUARD_PORT }
}

/** One of two servers behind NAT has to be reached. */
function bothHidden(own: Hidden, peer: Hidden): Judgement {
  if (own.endpoint === peer.endpoint) {
    return fail(
      `${own.name} and ${peer.name} both stand behind the router ${peer.endpoint}, which does not lead them to each other. Say the address of ${peer.name} in the router's network.`,
      `kubectl patch server ${peer.name} --type merge -p '{"spec":{"network":{"address":"${peer.address}"}}}'`,
      { mendOn: 'here' },
    )
  }
  const forward = ({ endpoint, port, address }: Hidden) =>
    `the router ${endpoint} forward UDP ${port} to ${address}, port ${WIREGUARD_PORT}`
  return fail(
    `Both stand behind NAT, and neither is let through to the other. One of the two has to be reached: let ${forward(peer)}, or ${forward(own)}. That is a setting of the router (at a cloud provider, of its firewall); where it runs Linux, this command.`,
    `sudo iptables -t nat -I PREROUTING -d ${peer.endpoint} -p udp --dport ${peer.port} -j DNAT --to-destination ${peer.address}:${WIREGUARD_PORT}`,
    { mendOn: `the router ${peer.endpoint}` },
  )
}
