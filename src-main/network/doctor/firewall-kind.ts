import type { Output } from './check.ts'

/** Who rules a server's incoming packets. `drops`: rules of nobody that we know, which drop by default. */
export type FirewallKind = 'none' | 'ufw' | 'firewalld' | 'drops'

/** What the check `firewall` asks for: the rules of both iptables, and all of nftables without the contents of sets. */
export const FIREWALL_COMMAND = 'iptables-nft -S; iptables-legacy -S; nft -t list ruleset; true'

/** From the output of FIREWALL_COMMAND. */
export function firewallKind({ text }: Output): FirewallKind {
  if (/^-A INPUT .*-j ufw-/m.test(text)) return 'ufw'
  if (/^table inet firewalld /m.test(text)) return 'firewalld'
  if (/^-P INPUT DROP/m.test(text)) return 'drops'
  // a rule at the end that drops all is as good as a policy
  if (/^-A INPUT -j (DROP|REJECT)/m.test(text)) return 'drops'
  if (/hook input priority [^;]*; policy drop;/.test(text)) return 'drops'
  return 'none'
}

/** The command that lets a server in at a UDP port. */
export function openPort(kind: FirewallKind, port: number, from: string): string {
  switch (kind) {
    case 'ufw':
      return `sudo ufw allow proto udp from ${from} to any port ${port}`
    case 'firewalld':
      return `sudo firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=${from} port port=${port} protocol=udp accept' && sudo firewall-cmd --reload`
    default:
      return `sudo iptables -I INPUT -p udp -s ${from} --dport ${port} -j ACCEPT`
  }
}

/** The command that lets the cluster's pods in: they ask the server's name server. */
export function allowPods(kind: FirewallKind, podCidr: string): string {
  switch (kind) {
    case 'ufw':
      return `sudo ufw allow from ${podCidr}`
    case 'firewalld':
      return `sudo firewall-cmd --permanent --zone=trusted --add-source=${podCidr} && sudo firewall-cmd --reload`
    default:
      return `sudo iptables -I INPUT -s ${podCidr} -j ACCEPT`
  }
}
