import { CLUSTER_LABEL } from '../engine/cluster-label.ts'
import { EngineError, type Engine } from '../engine/engine.ts'
import { isClaim, releaseClaim } from './claim.ts'

const POD_NETWORK = 'coxswain'
/** What the images of our own making are called: `coxswain/system:…`, `coxswain/pause:…`. */
const OWN_IMAGES = 'coxswain/'

/**
 * Takes everything of this cluster off a server: containers, the pods' volumes, the pod network, our
 * own images, the claim. Only for a Server that may (`mayClean`).
 */
export async function removeTraces(engine: Engine, clusterId: string): Promise<void> {
  const ours = { [CLUSTER_LABEL]: clusterId }
  const containers = await engine.listContainers(ours)
  await Promise.all(containers.map(container => engine.removeContainer(container.id)))
  const volumes = (await engine.listVolumes(ours)).filter(({ name }) => !isClaim(name, clusterId))
  await Promise.all(volumes.map(volume => engine.removeVolume(volume.name)))
  await engine.removeNetwork(POD_NETWORK)
  await removeOwnImages(engine)
  await releaseClaim(engine, clusterId)
}

async function removeOwnImages(engine: Engine): Promise<void> {
  const names = (await engine.listImages()).flatMap(({ tags }) => tags)
  for (const name of names.filter(tag => tag.startsWith(OWN_IMAGES))) {
    await engine.removeImage(name).catch((error: unknown) => {
      // somebody's own container uses it: it is theirs now
      if (!(error instanceof EngineError) || error.code !== 'engine-error') throw error
    })
  }
}
