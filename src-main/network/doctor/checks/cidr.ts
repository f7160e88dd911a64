import type { Check } from '../check.ts'
import { fail, ok, unseen, warn } from '../check.ts'
import {
  findClashes,
  freeRange,
  parseRoutes,
  rangeChange,
  removalOf,
  ROUTES_COMMAND,
} from '../../plan/routes.ts'

/** Does the server have routes of its own, or Docker networks, where the cluster's addresses are? */
export const cidr: Check = {
  name: 'cidr',
  inside: () => ROUTES_COMMAND,
  outside: () => ROUTES_COMMAND,
  judge(examination) {
    const { ranges, subject } = examination
    const output = examination.inside ?? examination.outside
    if (!output || output.code !== 0) return unseen(examination)
    const routes = parseRoutes(output.text)
    const clashes = findClashes(routes, ranges, subject.podCidr)
    if (clashes.length === 0) {
      return [ok(`No route of its own in ${ranges.podCidr} or ${ranges.serviceCidr}.`)]
    }
    const free = freeRange(routes, ranges)
    return clashes.map(clash => {
      const { route, range, cidr, certain } = clash
      if (certain) {
        return fail(`The route "${route.text}" lies in the cluster's ${range} ${cidr}.`, removalOf(route))
      }
      return warn(
        `The route "${route.text}" includes the cluster's ${range} ${cidr}: what lies there behind it is out of this server's reach.`,
        free ? rangeChange(clash, free) : undefined,
        { mendOn: 'here' },
      )
    })
  },
}
