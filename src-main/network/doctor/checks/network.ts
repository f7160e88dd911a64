import type { Check } from '../check.ts'
import { fail, ok, warn } from '../check.ts'

/** Is what was planned applied: does the system container run and have the files? */
export const network: Check = {
  name: 'network',
  judge({ subject: { connected, node } }) {
    if (!connected) return []
    const condition = node?.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
    if (!condition)
      return [warn('Nothing was applied yet; the image coxswain/system is probably being built.')]
    if (condition.status !== 'True') return [ok(condition.message ?? '')]
    // a clash is told by its own check, with the command
    if (condition.reason === 'CIDRClash') return []
    return [fail(condition.message ?? '', 'docker logs --tail 20 coxswain-system')]
  },
}
