import { EngineError, type Engine } from '../engine/engine.ts'
import { contains, parseCidr } from '../lib/cidr.ts'
import { LABEL } from './container-labels.ts'
import { POD_MTU, POD_NETWORK } from './container-spec.ts'
import { AddressPool } from './ipam.ts'

/**
 * Makes sure that the server has its pod network. One that is left of an earlier membership, with other addresses, gives
 * way: the server was let go while it could not be reached, and its pods have moved.
 *
 * @throws EngineError `network-conflict` when something that is not ours has these addresses
 */
export async function ensurePodNetwork(
  engine: Engine,
  { podCidr, clusterId }: { podCidr: string; clusterId: string },
): Promise<void> {
  const spec = {
    name: POD_NETWORK,
    subnet: podCidr,
    gateway: new AddressPool(podCidr).gateway,
    mtu: POD_MTU,
    labels: { [LABEL.cluster]: clusterId },
  }
  try {
    await engine.ensureNetwork(spec)
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'network-conflict') throw error
    await removeStrayPods(engine, { podCidr, clusterId })
    await engine.removeNetwork(POD_NETWORK)
    await engine.ensureNetwork(spec)
  }
}

/** Removes the containers of pods whose address cannot be one of this server's. */
async function removeStrayPods(
  engine: Engine,
  { podCidr, clusterId }: { podCidr: string; clusterId: string },
): Promise<void> {
  const own = parseCidr(podCidr)
  const strays = (await engine.listContainers({ [LABEL.cluster]: clusterId })).filter(({ labels }) => {
    const address = parseCidr(labels[LABEL.podIp] ?? '')
    return own && address && !contains(own, address)
  })
  for (const { id } of strays) await engine.removeContainer(id)
}
