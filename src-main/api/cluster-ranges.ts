import { contains, overlaps, parseCidr, type Cidr } from '../lib/cidr.ts'
import type { Client } from './client.ts'
import { NamespaceKind } from './kinds/namespace.ts'
import { SYSTEM_NAMESPACE } from './kinds/namespace.ts'
import type { ConfigMap } from './types.ts'

/** Where pods, Services and names live. The same for every server of a cluster. */
export interface ClusterRanges {
  /** `10.244.0.0/16` */
  podCidr: string
  /** `10.96.0.0/16` */
  serviceCidr: string
  /** `cluster.local` */
  domain: string
}

export const DEFAULT_RANGES: ClusterRanges = {
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  domain: 'cluster.local',
}

/** The Services' addresses, counted from the start of their range, that are the ingress's own on each server. */
export const OF_INGRESS = { first: 2, last: 9 }

/** The ConfigMap that people change: `mode`, `podCidr`, `serviceCidr`. */
export const NETWORK_CONFIG = { namespace: SYSTEM_NAMESPACE, name: 'network' }

/** On a Node's condition NetworkUnavailable: nothing was set up there, because a route of the server is in the way. */
export const CIDR_CLASH = 'CIDRClash'

/** The namespace that always exists remembers what is in use, for the ConfigMap may be changed or deleted. */
const MEMORY = 'kube-system'
const IN_USE = 'coxswain.io/cluster-ranges'

/** The ranges that addresses are given from now. */
export function rangesInUse(client: Pick<Client, 'get'>): ClusterRanges {
  const text = client.get(NamespaceKind, MEMORY)?.metadata.annotations?.[IN_USE]
  return text === undefined ? DEFAULT_RANGES : { ...DEFAULT_RANGES, ...(JSON.parse(text) as object) }
}

export async function useRanges(client: Client, { podCidr, serviceCidr }: ClusterRanges): Promise<void> {
  await client.modify(NamespaceKind, { name: MEMORY }, draft => {
    draft.metadata.annotations = {
      ...draft.metadata.annotations,
      [IN_USE]: JSON.stringify({ podCidr, serviceCidr }),
    }
  })
}

/** Whether a change of this Namespace may be one of the ranges. */
export function remembersRanges({ metadata }: { metadata: { name: string } }): boolean {
  return metadata.name === MEMORY
}

/** Names are looked up backwards in one zone, 10.in-addr.arpa. */
const WHOLE = '10.0.0.0/8'

/**
 * The ranges that the ConfigMap asks for.
 * @throws RangeError that says which one cannot be used, and why
 */
export function rangesWanted(config: ConfigMap | undefined): ClusterRanges {
  const { podCidr = DEFAULT_RANGES.podCidr, serviceCidr = DEFAULT_RANGES.serviceCidr } = config?.data ?? {}
  const pods = usable('podCidr', podCidr, { largest: 8, smallest: 24 })
  const services = usable('serviceCidr', serviceCidr, { largest: 12, smallest: 24 })
  if (overlaps(pods, services))
    throw new RangeError(`podCidr ${podCidr} and serviceCidr ${serviceCidr} overlap`)
  return { ...DEFAULT_RANGES, podCidr, serviceCidr }
}

function usable(name: string, cidr: string, bits: { largest: number; smallest: number }): Cidr {
  const range = parseCidr(cidr)
  const mask = Number(cidr.split('/')[1] ?? 32)
  const whole = parseCidr(WHOLE)
  if (!range || mask < bits.largest || mask > bits.smallest) {
    throw new RangeError(`${name} "${cidr}" is no IPv4 range between /${bits.largest} and /${bits.smallest}`)
  }
  if (!whole || !contains(whole, range)) throw new RangeError(`${name} ${cidr} does not lie in ${WHOLE}`)
  if (toText(range, mask) !== cidr) {
    throw new RangeError(`${name} ${cidr} must be written as ${toText(range, mask)}`)
  }
  return range
}

function toText({ first }: Cidr, mask: number): string {
  return `${[24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256).join('.')}/${mask}`
}
