import { CLEAN_BY_HAND } from '../engine/clean-by-hand.ts'
import { CLUSTER_LABEL } from '../engine/cluster-label.ts'
import type { Engine } from '../engine/engine.ts'
import { ServerProblem } from './link.ts'

/**
 * One server belongs to one cluster: two control planes that both made its containers match their own pods would
 * delete each other's. The claim is an empty volume, because creating one is atomic and it survives reboots.
 */
const CLAIM_VOLUME = 'coxswain-claim'

/**
 * Claims the engine for `clusterId`, or finds that it is claimed already.
 * @throws ServerProblem `ClaimedByOtherCluster`
 */
export async function claimServer(engine: Engine, clusterId: string): Promise<void> {
  await engine.ensureVolume(CLAIM_VOLUME, { [CLUSTER_LABEL]: clusterId })
  const ours = await engine.listVolumes({ [CLUSTER_LABEL]: clusterId })
  if (ours.some(volume => volume.name === CLAIM_VOLUME)) return
  throw new ServerProblem(
    'Claimed',
    'ClaimedByOtherCluster',
    'Another Coxswain cluster manages this server. Remove it there first (in its window: Servers, Remove; or kubectl delete server); ' +
      `if that cluster is gone for good, run on the server, which ends its pods there and removes their volumes: ${CLEAN_BY_HAND}`,
    { needsPerson: true },
  )
}

/** Whether the server belongs to another cluster, whose things must be left alone. */
export async function isClaimedByAnother(engine: Engine, clusterId: string): Promise<boolean> {
  const claim = (await engine.listVolumes({})).find(({ name }) => name === CLAIM_VOLUME)
  return claim !== undefined && claim.labels[CLUSTER_LABEL] !== clusterId
}

/** Gives the claim back, so that another cluster can take the server. */
export async function releaseClaim(engine: Engine): Promise<void> {
  await engine.removeVolume(CLAIM_VOLUME)
}
