import { randomInt } from 'node:crypto'
import { rangesInUse } from '../api/cluster-ranges.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { ServiceKind } from '../api/kinds/service.ts'
import { keyOf, parseKey } from '../api/client.ts'
import { publicAddress } from '../api/public-address.ts'
import type { Node, Service } from '../api/types.ts'
import { changesOf, type Controller, type ControllerOptions, createReconciler } from './runtime/controller.ts'

export interface ServiceAddressesOptions extends ControllerOptions {
  /** Where virtual addresses come from: by default what is in use, 10.96.0.0/16 unless people chose another. */
  rangesOf?: typeof rangesInUse
  /** A number from 0 to below `count`: where the search for a free address begins. */
  random?: (count: number) => number
}

const NODE_PORTS = { first: 30_000, count: 2_768 }
/** Kubernetes gives the first address to its own API, the tenth to its DNS: people expect neither elsewhere. */
const RESERVED = 10

/**
 * Gives every Service what it lacks: its virtual address, its node ports, and to a load balancer the servers' addresses.
 * One worker, so that nothing is given twice; what a person chose, the API has checked.
 */
export function createServiceAddressesController(options: ServiceAddressesOptions): Controller {
  const { client, rangesOf = rangesInUse, random = randomInt } = options
  return createReconciler({
    ...options,
    name: 'service-addresses',
    workers: 1,
    sources: [
      changesOf(ServiceKind, service => [keyOf(service)]),
      changesOf(
        NodeKind,
        () => client.list(ServiceKind).filter(isLoadBalancer).map(keyOf),
        ({ object, previous }) => !previous || publicAddress(object) !== publicAddress(previous),
      ),
    ],
    objectOf: key => find(key),
    async reconcile(key) {
      const service = find(key)
      if (!service || service.metadata.deletionTimestamp) return
      const others = () =>
        client.list(ServiceKind).filter(({ metadata }) => metadata.uid !== service.metadata.uid)
      await client.modify(ServiceKind, parseKey(key), draft => {
        if (needsAddress(draft)) {
          const { serviceCidr } = rangesOf(client)
          const taken = new Set(others().map(({ spec }) => spec.clusterIP))
          const first = firstAddress(serviceCidr)
          draft.spec.clusterIP =
            isOwnApi(draft) && !taken.has(first) ? first : freeAddress(serviceCidr, taken, random)
          draft.spec.clusterIPs = [draft.spec.clusterIP]
        }
        if (needsNodePorts(draft)) giveNodePorts(draft, () => nodePortsOf(others()), random)
      })
      await client.modifyStatus(ServiceKind, parseKey(key), draft => {
        const ingress = isLoadBalancer(draft) ? client.list(NodeKind).flatMap(loadBalancerPoint) : []
        draft.status = { ...draft.status, loadBalancer: ingress.length > 0 ? { ingress } : {} }
      })
    },
  })

  function find(key: string): Service | undefined {
    const { name, namespace } = parseKey(key)
    return client.get(ServiceKind, name, namespace)
  }
}

function isLoadBalancer({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer'
}

/** The Service of the API itself has the first address in every cluster. */
function isOwnApi({ metadata }: Service): boolean {
  return metadata.namespace === 'default' && metadata.name === 'kubernetes'
}

function firstAddress(cidr: string): string {
  const [network = ''] = cidr.split('/')
  return network.replace(/\d+$/, last => String(Number(last) + 1))
}

function needsAddress({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && !spec.clusterIP
}

function needsNodePorts({ spec }: Service): boolean {
  return (
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  )
}

function loadBalancerPoint(node: Node): { ip: string; ipMode: 'VIP' }[] {
  const ip = publicAddress(node)
  return ip === undefined ? [] : [{ ip, ipMode: 'VIP' }]
}

/**
 * The first address that is not taken, from a random one on: an address that was given back is not given again soon.
 * @throws RangeError when all are taken
 */
export function freeAddress(
  cidr: string,
  taken: ReadonlySet<string | undefined>,
  random: (count: number) => number,
): string {
  const [network = '', bits = ''] = cidr.split('/')
  const base = network.split('.').reduce((number, byte) => number * 256 + Number(byte), 0)
  const count = 2 ** (32 - Number(bits)) - RESERVED - 2
  const start = random(count)
  for (let step = 0; step < count; step++) {
    const number = base + RESERVED + 1 + ((start + step) % count)
    const address = [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
    if (!taken.has(address)) return address
  }
  throw new RangeError(`every address of ${cidr} belongs to a Service; delete Services that nobody needs`)
}

/** `TCP/30080`: a port may serve TCP for one Service and UDP for another. */
function nodePortsOf(services: readonly Service[]): Set<string> {
  return new Set(
    services.flatMap(({ spec }) =>
      (spec.ports ?? []).flatMap(({ nodePort, protocol = 'TCP' }) =>
        nodePort ? [`${protocol}/${nodePort}`] : [],
      ),
    ),
  )
}

function giveNodePorts(
  { spec }: Service,
  takenByOthers: () => Set<string>,
  random: (count: number) => number,
): void {
  if (spec.ports?.every(({ nodePort }) => nodePort)) return
  const taken = takenByOthers()
  for (const { nodePort, protocol = 'TCP' } of spec.ports ?? [])
    if (nodePort) taken.add(`${protocol}/${nodePort}`)
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue
    const { protocol = 'TCP' } = port
    const start = random(NODE_PORTS.count)
    const number = Array.from(
      { length: NODE_PORTS.count },
      (_, step) => NODE_PORTS.first + ((start + step) % NODE_PORTS.count),
    ).find(candidate => !taken.has(`${protocol}/${candidate}`))
    if (number === undefined)
      throw new RangeError('every node port is taken; delete Services that nobody needs')
    port.nodePort = number
    taken.add(`${protocol}/${number}`)
  }
}
