import type { Check } from '../check.ts'
import { fail, ok, unseen, warn } from '../check.ts'

const WARN_MS = 2_000
const FAIL_MS = 30_000

/** Does the server's clock agree with this computer's? Certificates, leases and logs rest on it. */
export const clock: Check = {
  name: 'clock',
  timed: true,
  inside: () => 'date +%s.%N',
  outside: () => 'date +%s.%N',
  judge(examination) {
    const { inside, outside, times } = examination
    const output = inside ?? outside
    if (!output || !times) return unseen(examination)
    // busybox knows no %N
    const server = Number.parseFloat(output.text) * 1000
    if (!Number.isFinite(server)) return unseen(examination)
    // where within the round trip it was asked is not known
    const offMs = server < times.sent ? server - times.sent : Math.max(0, server - times.received)
    const off = `${Math.abs(offMs / 1000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} this computer's`
    const mend = 'sudo timedatectl set-ntp true'
    if (Math.abs(offMs) >= FAIL_MS)
      return [fail(`Its clock is ${off}: certificates may not be valid yet, or any more.`, mend)]
    if (Math.abs(offMs) >= WARN_MS) return [warn(`Its clock is ${off}.`, mend)]
    return [ok("Its clock agrees with this computer's.")]
  },
}
