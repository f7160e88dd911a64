import type { Check } from '../check.ts'
import { fail, ok, unseen } from '../check.ts'
import { allowPods, FIREWALL_COMMAND, firewallKind, type FirewallKind } from '../firewall-kind.ts'

const NAMES: Record<FirewallKind, string> = {
  none: 'No firewall',
  ufw: 'ufw',
  firewalld: 'firewalld',
  drops: 'A firewall of iptables or nftables',
}

/**
 * Does the server's own firewall let its pods reach their name server? It guards what comes in, which packets between
 * pods do not. Whether the other servers get through is what the check `mesh` tries.
 */
export const firewall: Check = {
  name: 'firewall',
  inside: () => FIREWALL_COMMAND,
  judge(examination) {
    const { inside, ranges } = examination
    if (!inside) return unseen(examination)
    const kind = firewallKind(inside)
    if (kind === 'none') return [ok('No firewall of its own drops what comes in.')]
    if (letsIn(inside.text, ranges.podCidr, kind)) return [ok(`${NAMES[kind]} is on, and lets pods in.`)]
    return [
      fail(
        `${NAMES[kind]} drops what comes in and has no rule for pods: they cannot look up names.`,
        allowPods(kind, ranges.podCidr),
      ),
    ]
  },
}

function letsIn(text: string, podCidr: string, kind: FirewallKind): boolean {
  const range = podCidr.replaceAll('.', '\\.')
  if (kind === 'firewalld') return new RegExp(`ip saddr ${range} `).test(text)
  return new RegExp(`^-A \\S+ -s ${range} -j ACCEPT|ip saddr ${range} (counter .*)?accept`, 'm').test(text)
}
