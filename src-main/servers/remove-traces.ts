import type { Engine } from '../engine/engine.ts'
import { releaseClaim } from './claim.ts'

const POD_NETWORK = 'coxswain'

/** Takes everything of this cluster off a server: containers, the pods' volumes, the pod network, the claim. */
export async function removeTraces(engine: Engine, clusterId: string): Promise<void> {
  const ours = { 'io.coxswain.cluster': clusterId }
  const containers = await engine.listContainers(ours)
  await Promise.all(containers.map(container => engine.removeContainer(container.id)))
  const volumes = (await engine.listVolumes(ours)).filter(volume => volume.name !== 'coxswain-claim')
  await Promise.all(volumes.map(volume => engine.removeVolume(volume.name)))
  await engine.removeNetwork(POD_NETWORK)
  await releaseClaim(engine)
}
