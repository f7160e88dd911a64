import type { Client } from '../api/client.ts'
import { ServerKind } from '../api/kinds/server.ts'
import type { Server } from '../api/types.ts'
import { CLEAN_BY_HAND } from '../engine/clean-by-hand.ts'
import { CLUSTER_LABEL } from '../engine/cluster-label.ts'
import { EngineError, type Engine } from '../engine/engine.ts'
import { ServerProblem } from './link.ts'

/**
 * One server belongs to one cluster: two control planes that both made its containers match their own pods would
 * delete each other's. The claim is an empty volume, because creating one is atomic and it survives reboots.
 */
const CLAIM_VOLUME = 'coxswain-claim'

/**
 * Within the cluster it belongs to one Server, for the same reason. A second volume names it, since the labels of the
 * first cannot be changed. It counts only while that very Server exists, so nothing that is left of it locks anybody out.
 */
const holderVolume = (clusterId: string) => `${CLAIM_VOLUME}-${clusterId}`
const SERVER_LABEL = 'io.coxswain.server'
const SERVER_UID_LABEL = 'io.coxswain.server-uid'

/** Who wants a machine. */
export interface Claimant {
  clusterId: string
  server: Server
  /** Knows which other Servers exist. */
  client: Client
}

/**
 * Claims the engine's machine for a cluster and one of its Servers, or finds that another has it, and then leaves it as it is.
 * @throws ServerProblem `ClaimedByOtherCluster`, `ClaimedByOtherServer`
 */
export async function claimServer(engine: Engine, claimant: Claimant): Promise<void> {
  const { clusterId } = claimant
  if (await isForeign(engine, clusterId)) throw claimedByOtherCluster()
  const other = await hold(engine, claimant)
  if (other !== undefined) throw claimedByOtherServer(other, claimant)
  // last: a holder that leaves gives this one back first, so it cannot take ours
  await engine.ensureVolume(CLAIM_VOLUME, { [CLUSTER_LABEL]: clusterId })
  if (!(await isForeign(engine, clusterId))) return
  await engine.removeVolume(holderVolume(clusterId))
  throw claimedByOtherCluster()
}

/**
 * Whether a Server that leaves may take the cluster's things off the machine: no other cluster has it, and no other
 * Server, nor can one get it until they are off.
 */
export async function mayClean(engine: Engine, claimant: Claimant): Promise<boolean> {
  if (await isForeign(engine, claimant.clusterId)) return false
  return (await hold(engine, claimant)) === undefined
}

/** Gives the machine back, so that another cluster or Server can take it. */
export async function releaseClaim(engine: Engine, clusterId: string): Promise<void> {
  await engine.removeVolume(CLAIM_VOLUME)
  await engine.removeVolume(holderVolume(clusterId))
}

export function isClaim(volume: string, clusterId: string): boolean {
  return volume === CLAIM_VOLUME || volume === holderVolume(clusterId)
}

async function isForeign(engine: Engine, clusterId: string): Promise<boolean> {
  const claim = (await engine.listVolumes({})).find(({ name }) => name === CLAIM_VOLUME)
  return claim !== undefined && claim.labels[CLUSTER_LABEL] !== clusterId
}

/** Taking over what a Server left behind is two steps, which two Servers must not mix. */
let takeovers: Promise<unknown> = Promise.resolve()

/**
 * Makes the Server the machine's holder, unless another one that exists is.
 * @returns the name of that other one
 */
async function hold(engine: Engine, claimant: Claimant): Promise<string | undefined> {
  const holder = await askFor(engine, claimant)
  if (holder.isSelf) return undefined
  if (holder.exists) return holder.name
  const takeover = takeovers.then(() => takeOver(engine, claimant))
  takeovers = takeover.catch(() => undefined)
  return takeover
}

async function takeOver(engine: Engine, claimant: Claimant): Promise<string | undefined> {
  const before = await askFor(engine, claimant)
  if (!before.isSelf && !before.exists) await engine.removeVolume(holderVolume(claimant.clusterId))
  const holder = await askFor(engine, claimant)
  return holder.isSelf ? undefined : holder.name
}

/** Becomes the holder if there is none. @returns who is it now */
async function askFor(
  engine: Engine,
  { clusterId, server: { metadata }, client }: Claimant,
): Promise<{ name: string; isSelf: boolean; exists: boolean }> {
  const volume = holderVolume(clusterId)
  await engine.ensureVolume(volume, {
    [CLUSTER_LABEL]: clusterId,
    [SERVER_LABEL]: metadata.name,
    [SERVER_UID_LABEL]: metadata.uid,
  })
  const labels = (await engine.listVolumes({})).find(found => found.name === volume)?.labels
  if (!labels) throw new EngineError('not-found', `volume ${volume} was removed while it was being made`)
  const name = labels[SERVER_LABEL] ?? ''
  const uid = labels[SERVER_UID_LABEL]
  return {
    name,
    isSelf: uid === metadata.uid,
    exists: uid !== undefined && client.get(ServerKind, name)?.metadata.uid === uid,
  }
}

function claimedByOtherCluster(): ServerProblem {
  return new ServerProblem(
    'Claimed',
    'ClaimedByOtherCluster',
    'Another Coxswain cluster manages this server. Remove it there first (in its window: Servers, Remove; or kubectl delete server); ' +
      `if that cluster is gone for good, run on the server, which ends its pods there and removes their volumes: ${CLEAN_BY_HAND}`,
    { needsPerson: true },
  )
}

function claimedByOtherServer(other: string, { clusterId, server }: Claimant): ServerProblem {
  const { name } = server.metadata
  return new ServerProblem(
    'Claimed',
    'ClaimedByOtherServer',
    `This machine is Server ${other} of this cluster already. Delete the one that is not wanted (in the window: Servers, Remove; or kubectl delete server): ` +
      `without ${name} nothing changes; without ${other} its pods there end, their volumes are removed, and ${name} takes the machine within a minute. ` +
      `If ${other} is another machine by now, run on this one: docker volume rm ${holderVolume(clusterId)}`,
    { needsPerson: true },
  )
}
