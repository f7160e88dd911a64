import { rangesInUse } from '../api/cluster-ranges.ts'
import type { Client } from '../api/client.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { findClashes, freeRange, hasPodNetwork, parseRoutes, rangeChange, removalOf } from './plan/routes.ts'

/** The cluster's addresses are taken on a server; the message says by which route, and what to do. */
export class CidrClash extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CidrClash'
  }
}

/**
 * Whether setting up the network would break a route that the server has of its own. Where the pod network is there
 * already nothing is broken any more than it was.
 *
 * @param routes what ROUTES_COMMAND printed there
 */
export function cidrClash(client: Client, nodeName: string, routes: string): CidrClash | undefined {
  const podCidr = client.get(NodeKind, nodeName)?.spec.podCIDR
  const found = parseRoutes(routes)
  if (!podCidr || hasPodNetwork(found, podCidr)) return undefined
  const ranges = rangesInUse(client)
  const clash = findClashes(found, ranges, podCidr).find(({ certain }) => certain)
  if (!clash) return undefined
  const { route, range, cidr } = clash
  const free = freeRange(found, ranges)
  const change = free ? `, or give the cluster another range: ${rangeChange(clash, free)}` : ''
  return new CidrClash(
    `The server has a route of its own, "${route.text}", in the cluster's ${range} ${cidr}: nothing was set up here, so that it goes on working. Take it away (on the server: ${removalOf(route)})${change}`,
  )
}
