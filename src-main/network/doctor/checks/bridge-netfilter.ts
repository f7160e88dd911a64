import type { Check } from '../check.ts'
import { ok, unseen, warn } from '../check.ts'

const FILE = 'bridge/bridge-nf-call-iptables'

/** Do packets between pods of one server pass the rules? Services see the client then, and policies bind there too. */
export const bridgeNetfilter: Check = {
  name: 'bridge-netfilter',
  inside: () => `cat /host/sys-net/${FILE} 2>/dev/null || echo missing`,
  outside: () => `cat /proc/sys/net/${FILE} 2>/dev/null || echo missing`,
  judge(examination) {
    const text = (examination.inside ?? examination.outside)?.text.trim()
    if (text === undefined) return unseen(examination)
    if (text === '1') return [ok('Packets between pods of this server pass the rules.')]
    if (text === '0') {
      return [
        warn(
          'The bridge hides packets between pods of this server from the rules: NetworkPolicies do not bind there.',
          'sudo sysctl -w net.bridge.bridge-nf-call-iptables=1',
        ),
      ]
    }
    return [
      warn(
        "The kernel's br_netfilter is not loaded: NetworkPolicies do not bind between pods of this server, and a Service's pods there see the gateway as their client.",
        'echo br_netfilter | sudo tee /etc/modules-load.d/coxswain.conf && sudo modprobe br_netfilter',
      ),
    ]
  },
}
