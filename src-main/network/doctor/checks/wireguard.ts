import { WIREGUARD_ANNOTATION } from '../../mesh-servers.ts'
import type { Check } from '../check.ts'
import { ok, unseen, warn } from '../check.ts'

/** Who encrypts between the servers: the kernel, wireguard-go, or nobody? */
export const wireguard: Check = {
  name: 'wireguard',
  inside: () => 'ip -d -o link show cx-mesh 2>/dev/null; true',
  judge(examination) {
    const { inside, mode, peers, subject } = examination
    const mend = 'sudo modprobe wireguard && docker restart coxswain-system'
    if (subject.node?.metadata.annotations?.[WIREGUARD_ANNOTATION] === 'none') {
      return [
        warn(
          'There is neither WireGuard in the kernel nor /dev/net/tun: traffic between the servers is not encrypted.',
          mend,
        ),
      ]
    }
    if (!inside) return unseen(examination)
    if (mode !== 'wireguard') return [warn(`The servers are linked by ${mode}, which is not encrypted.`)]
    if (/\bwireguard\b/.test(inside.text)) return [ok("The kernel's WireGuard encrypts.")]
    if (/\btun\b/.test(inside.text)) {
      return [warn('wireguard-go encrypts, for the kernel has no WireGuard: several times slower.', mend)]
    }
    // alone it needs no link
    return peers.length === 0 ? [] : [warn('There is no link cx-mesh yet.', 'docker restart coxswain-system')]
  },
}
