import type { Check } from '../check.ts'
import { fail, ok, unseen } from '../check.ts'

const LOOK = 'cat /proc/sys/net/ipv4/ip_forward'

/** Does the kernel pass packets on that are not for itself? Nothing of a pod leaves its server otherwise. */
export const forwarding: Check = {
  name: 'forwarding',
  inside: () => LOOK,
  outside: () => LOOK,
  judge(examination) {
    const text = (examination.inside ?? examination.outside)?.text.trim()
    if (text === undefined) return unseen(examination)
    if (text === '1') return [ok('Packets are forwarded.')]
    return [
      fail(
        'net.ipv4.ip_forward is off: pods reach nothing beyond their server. Docker turns it on at its start; something has turned it off again.',
        'sudo sysctl -w net.ipv4.ip_forward=1',
      ),
    ]
  },
}
