import { CLUSTER_LABEL } from '../engine/cluster-label.ts'
import { EngineError, type Engine } from '../engine/engine.ts'

/** The containers of ours on a server that are no pod's, by what their label says. */
export const OWN_CONTAINERS = { network: 'coxswain-system', starter: 'coxswain-starter' } as const
export type OwnContainer = keyof typeof OWN_CONTAINERS

const LABEL = 'io.coxswain.system'

/** The labels that tell it from everything else on the server. */
function ownLabels(clusterId: string, own: OwnContainer): Record<string, string> {
  return { [CLUSTER_LABEL]: clusterId, [LABEL]: own }
}

/** Its id, if it is there, running or not. */
export async function findOwn(
  engine: Engine,
  clusterId: string,
  own: OwnContainer,
): Promise<string | undefined> {
  const [found] = await engine.listContainers(ownLabels(clusterId, own))
  return found?.id
}

/**
 * Makes sure that it runs, of this image, which is there. One of another image goes first, and one that cannot be started
 * any more, such as on a server that has lost a device.
 * @param create makes and starts a new one with these labels, and gives its id
 * @returns its id
 */
export async function ensureOwn(
  engine: Engine,
  { clusterId, own, image }: { clusterId: string; own: OwnContainer; image: string },
  create: (labels: Record<string, string>) => Promise<string>,
): Promise<string> {
  const id = await findOwn(engine, clusterId, own)
  const found = id === undefined ? undefined : await engine.inspectContainer(id)
  if (found?.image === image && (await starts(engine, found.id))) return found.id
  if (found) await engine.removeContainer(found.id)
  return create(ownLabels(clusterId, own))
}

async function starts(engine: Engine, id: string): Promise<boolean> {
  try {
    await engine.startContainer(id)
    return true
  } catch (error) {
    if (error instanceof EngineError && error.code === 'start-failed') return false
    throw error
  }
}
