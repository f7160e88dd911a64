import { contains, overlaps, parseCidr } from '../../lib/cidr.ts'
import { gatewayOf, type ClusterRanges } from './addresses.ts'

/** What lists a server's routes; any user may. The second one is for servers without iproute2. */
export const ROUTES_COMMAND = 'ip -4 route show 2>/dev/null || /sbin/ip -4 route show'

/** A line of `ip -4 route show`. */
export interface Route {
  /** `10.244.1.0/24`; never `default`. */
  destination: string
  device?: string
  source?: string
  /** As it was printed. */
  text: string
}

/** A route of the server's own that leads where the cluster's addresses should be. */
export interface RouteClash {
  route: Route
  range: 'podCidr' | 'serviceCidr'
  cidr: string
  /** The route lies within the range, so that one of the two breaks; else it is a wider one, and both may do. */
  certain: boolean
}

/** Of routes that our own parts set: resources/system-image/parts/mesh.sh. */
const OWN_PROTOCOL = ' proto 201'
const OWN_DEVICE = 'cx-mesh'

export function parseRoutes(text: string): Route[] {
  return text.split('\n').flatMap(line => {
    const words = line.trim().split(/\s+/)
    // `unreachable 10.0.0.0/8 …`
    const destination = words.slice(0, 2).find(word => parseCidr(word) !== undefined)
    if (destination === undefined || words[0] === 'default') return []
    const after = (word: string) => {
      const index = words.indexOf(word)
      return index < 0 ? undefined : words[index + 1]
    }
    return [{ destination, device: after('dev'), source: after('src'), text: line.trim() }]
  })
}

/** The server's own routes that overlap the cluster's ranges; what Coxswain set up there itself is left out. */
export function findClashes(
  routes: readonly Route[],
  ranges: ClusterRanges,
  podCidr: string | undefined,
): RouteClash[] {
  return routes
    .filter(route => !isOurs(route, podCidr))
    .flatMap(route =>
      (['podCidr', 'serviceCidr'] as const).flatMap(range => {
        const cidr = ranges[range]
        const [theirs, ours] = [parseCidr(route.destination), parseCidr(cidr)]
        if (!theirs || !ours || !overlaps(theirs, ours)) return []
        return [{ route, range, cidr, certain: contains(ours, theirs) }]
      }),
    )
}

/** Whether the server's pod network is there already. */
export function hasPodNetwork(routes: readonly Route[], podCidr: string): boolean {
  return routes.some(route => isPodNetwork(route, podCidr))
}

function isPodNetwork({ destination, source }: Route, podCidr: string): boolean {
  return destination === podCidr && source === gatewayOf(podCidr)
}

function isOurs(route: Route, podCidr: string | undefined): boolean {
  if (route.device === OWN_DEVICE || route.text.includes(OWN_PROTOCOL)) return true
  return podCidr !== undefined && isPodNetwork(route, podCidr)
}

/** Ranges that most servers leave alone, one of each for people who have to choose another. */
const CANDIDATES = [
  '10.244.0.0/16',
  '10.96.0.0/16',
  ...[201, 202, 171, 172, 141, 142, 61, 62, 31, 32].map(n => `10.${n}.0.0/16`),
]

/** A range of /16 that no route of the server and neither range of the cluster touches. */
export function freeRange(
  routes: readonly Route[],
  { podCidr, serviceCidr }: ClusterRanges,
): string | undefined {
  const taken = [...routes.map(({ destination }) => destination), podCidr, serviceCidr]
  return CANDIDATES.find(candidate => {
    const range = parseCidr(candidate)
    return (
      range &&
      taken.every(text => {
        const other = parseCidr(text)
        return !other || !overlaps(range, other)
      })
    )
  })
}

/** The command that takes the route away: of a Docker network, the network with it. */
export function removalOf({ destination, device, text }: Route): string {
  const id = /^br-([0-9a-f]{12})$/.exec(device ?? '')?.[1]
  if (id) return `docker network rm ${id}`
  const kind = /^(unreachable|blackhole|prohibit|throw) /.exec(text)?.[0] ?? ''
  return `sudo ip route del ${kind}${destination}${device ? ` dev ${device}` : ''}`
}

/** The command that gives the cluster another range. */
export function rangeChange({ range }: RouteClash, free: string): string {
  const data = JSON.stringify({ data: { [range]: free } })
  const create = 'kubectl -n coxswain-system create configmap network 2>/dev/null'
  return `${create}; kubectl -n coxswain-system patch configmap network --type merge -p '${data}'`
}
