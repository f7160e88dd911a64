import {
  CIDR_CLASH,
  NETWORK_CONFIG,
  rangesInUse,
  rangesWanted,
  useRanges,
  type ClusterRanges,
} from '../api/cluster-ranges.ts'
import { ensureBuiltIns } from '../api/built-ins.ts'
import type { Client } from '../api/client.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { ServiceKind } from '../api/kinds/service.ts'
import type { Node } from '../api/types.ts'
import { contains, parseCidr } from '../lib/cidr.ts'
import { errorMessage } from '../lib/errors.ts'
import { conditionOf } from './runtime/conditions.ts'
import { changesOf, type Controller, type ControllerOptions, createReconciler } from './runtime/controller.ts'

const KEY = 'ranges'
/** It moves with the range: nobody but us made it. */
const OWN_API = { name: 'kubernetes', namespace: 'default' }

/**
 * Takes the ranges of the ConfigMap `network` into use, once nothing has an address outside of them: a pod or a Service
 * keeps its address for its life, and the rules of every server know one range of each.
 */
export function createClusterRangesController(options: ControllerOptions): Controller {
  const { client, events } = options
  const find = () => client.get(ConfigMapKind, NETWORK_CONFIG.name, NETWORK_CONFIG.namespace)
  return createReconciler({
    ...options,
    name: 'cluster-ranges',
    workers: 1,
    sources: [
      changesOf(ConfigMapKind, ({ metadata: { name, namespace } }) =>
        name === NETWORK_CONFIG.name && namespace === NETWORK_CONFIG.namespace ? [KEY] : [],
      ),
      changesOf(NodeKind, () => [KEY]),
      changesOf(
        ServiceKind,
        () => [KEY],
        ({ type }) => type === 'DELETED',
      ),
    ],
    objectOf: find,
    async reconcile() {
      const config = find()
      const inUse = rangesInUse(client)
      const warn = (reason: string, message: string) => {
        if (config) events.event(config, 'Warning', reason, message)
      }
      let wanted: ClusterRanges
      try {
        wanted = rangesWanted(config)
      } catch (error) {
        warn('RangeInvalid', `${errorMessage(error)}; ${inUse.podCidr} and ${inUse.serviceCidr} stay in use.`)
        return
      }
      if (wanted.podCidr === inUse.podCidr && wanted.serviceCidr === inUse.serviceCidr) return
      const inTheWay = [...nodesOutside(client, wanted), ...servicesOutside(client, wanted)]
      if (inTheWay.length === 0) await take(client, wanted)
      else
        warn(
          'RangeInUse',
          `Not in use yet. First delete what has addresses outside of it, then make it anew: ${inTheWay.join('; ')}`,
        )
    },
  })
}

function nodesOutside(client: Client, { podCidr }: ClusterRanges): string[] {
  const nodes = client
    .list(NodeKind)
    .filter(node => node.spec.podCIDR && !isWithin(node.spec.podCIDR, podCidr) && !hasClash(node))
  return nodes.length > 0
    ? [`kubectl delete server ${nodes.map(({ metadata }) => metadata.name).join(' ')}`]
    : []
}

async function take(client: Client, wanted: ClusterRanges): Promise<void> {
  await useRanges(client, wanted)
  const { name, namespace } = OWN_API
  const address = client.get(ServiceKind, name, namespace)?.spec.clusterIP
  if (!address || isWithin(address, wanted.serviceCidr)) return
  // an address cannot be changed; the start creates it again if this ends between the two
  await client.delete(ServiceKind, OWN_API)
  await ensureBuiltIns(client)
}

function servicesOutside(client: Client, { serviceCidr }: ClusterRanges): string[] {
  return client.list(ServiceKind).flatMap(({ metadata: { name, namespace }, spec: { clusterIP } }) => {
    const outside = clusterIP && clusterIP !== 'None' && !isWithin(clusterIP, serviceCidr)
    const own = name === OWN_API.name && namespace === OWN_API.namespace
    return outside && !own ? [`kubectl -n ${namespace} delete service ${name}`] : []
  })
}

/** Whether an address or a range lies in a range. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [parseCidr(inner), parseCidr(outer)]
  return a !== undefined && b !== undefined && contains(b, a)
}

/** Nothing is set up on this server yet, for a route of its own is in the way. */
export function hasClash({ status }: Node): boolean {
  const condition = conditionOf(status?.conditions, 'NetworkUnavailable')
  return condition?.status === 'True' && condition.reason === CIDR_CLASH
}
