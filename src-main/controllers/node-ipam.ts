import { rangesInUse, remembersRanges } from '../api/cluster-ranges.ts'
import { NamespaceKind } from '../api/kinds/namespace.ts'
import { NodeKind } from '../api/kinds/node.ts'
import type { Node } from '../api/types.ts'
import { hasClash, isWithin } from './cluster-ranges.ts'
import { changesOf, type Controller, type ControllerOptions, createReconciler } from './runtime/controller.ts'

export interface NodeIpamOptions extends ControllerOptions {
  /** Where pod addresses come from: by default what is in use, 10.244.0.0/16 (256 nodes) unless people chose another. */
  rangesOf?: typeof rangesInUse
}

const NODE_MASK = 24

/**
 * Gives each Node a /24 of its own for its pods. It never changes while the Node exists: pods keep their addresses,
 * and the other nodes their routes. That of a Node that has gone is given again late, for names, connections and a server
 * that was let go as it was may still have its addresses. One worker, so that no two nodes are given the same.
 */
export function createNodeIpamController(options: NodeIpamOptions): Controller {
  const { client, rangesOf = rangesInUse, events } = options
  /** Given last. */
  let last: string | undefined
  return createReconciler({
    ...options,
    name: 'node-ipam',
    workers: 1,
    sources: [
      changesOf(NodeKind, node => [node.metadata.name]),
      changesOf(NamespaceKind, namespace =>
        remembersRanges(namespace) ? client.list(NodeKind).map(({ metadata }) => metadata.name) : [],
      ),
    ],
    objectOf: name => client.get(NodeKind, name),
    async reconcile(name) {
      const node = client.get(NodeKind, name)
      const clusterCidr = rangesOf(client).podCidr
      if (!node || isSettled(node, clusterCidr) || node.metadata.deletionTimestamp) return
      const taken = client.list(NodeKind).flatMap(({ spec }) => spec.podCIDR ?? [])
      const podCIDR = nextFree(parseRange(clusterCidr), taken, last)
      if (!podCIDR) {
        const message = `The cluster CIDR ${clusterCidr} has no free /${NODE_MASK} left: this server can run no pods until another one is removed.`
        events.event(node, 'Warning', 'CIDRNotAvailable', message)
        // A Node that goes away frees one.
        return { againAfterMs: 30_000 }
      }
      await client.modify(NodeKind, { name }, draft => {
        if (!isSettled(draft, clusterCidr)) Object.assign(draft.spec, { podCIDR, podCIDRs: [podCIDR] })
      })
      last = podCIDR
    },
  })
}

/** What a node has stays, but where a route of the server kept it from ever being used. */
function isSettled(node: Node, clusterCidr: string): boolean {
  const { podCIDR } = node.spec
  return podCIDR !== undefined && (isWithin(podCIDR, clusterCidr) || !hasClash(node))
}

interface Range {
  first: number
  /** How many /24 there are. */
  count: number
}

/** @throws RangeError when it is no IPv4 CIDR of /24 or larger */
function parseRange(cidr: string): Range {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr)
  const [a = NaN, b = NaN, c = NaN, d = NaN, mask = NaN] = (match ?? []).slice(1).map(Number)
  if (!(Math.max(a, b, c, d) <= 255 && mask >= 8 && mask <= NODE_MASK)) {
    throw new RangeError(`"${cidr}" is no IPv4 range between /8 and /${NODE_MASK}`)
  }
  const count = 2 ** (NODE_MASK - mask)
  const address = a * 2 ** 16 + b * 2 ** 8 + c
  return { first: address - (address % count), count }
}

/** The next one after that given last; after a restart, after the highest in use; then round. */
function nextFree({ first, count }: Range, taken: readonly string[], last: string | undefined) {
  const used = new Set(taken.map(networkOf))
  const before = [...(last === undefined ? used : [networkOf(last)])].filter(
    n => n >= first && n < first + count,
  )
  const start = before.length === 0 ? 0 : Math.max(...before) + 1 - first
  for (let step = 0; step < count; step++) {
    const network = first + ((start + step) % count)
    if (!used.has(network)) return `${network >> 16}.${(network >> 8) & 255}.${network & 255}.0/${NODE_MASK}`
  }
  return undefined
}

/** The first three bytes as a number. */
function networkOf(cidr: string): number {
  const [a = 0, b = 0, c = 0] = cidr.split('.').map(Number)
  return a * 2 ** 16 + b * 2 ** 8 + c
}
