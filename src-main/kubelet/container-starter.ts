import type { Container, Pod } from '../api/types.ts'
import { EngineError, type ContainerSpec } from '../engine/engine.ts'
import { asProblem, isNoAnswer } from './container-problem.ts'
import { SANDBOX } from './container-labels.ts'
import { containerSpec, sandboxSpec, type PodPlace } from './container-spec.ts'
import { containerNamed, environment } from './environment.ts'
import { chooseContainers } from './identity.ts'
import { ephemeralHost, targetOf } from './ephemeral.ts'
import { ConfigError } from './config-error.ts'
import { isEphemeral } from './restart-rules.ts'
import { lookupFor, podAddress, podFacts, type NodeContext } from './node-context.ts'
import { guarded } from './pod-guard.ts'
import { volumeFiles } from './volume-files.ts'
import { planMounts, type FileCopy } from './volume-mounts.ts'
import { filesTar } from './volume-writer.ts'

/** Other names to try when a stranger's container has ours. */
const ATTEMPTS = 5

interface Prepared {
  spec(attempt: number): ContainerSpec
  copies: FileCopy[]
}

/**
 * Creates and starts one container of a pod (or its pause container).
 * @throws ContainerProblem with the reason to show; EngineError when the engine gave no answer
 */
export async function createAndStart(
  node: NodeContext,
  pod: Pod,
  { name, restarts }: { name: string; restarts: number },
): Promise<void> {
  const prepared =
    name === SANDBOX
      ? await prepareSandbox(node, pod)
      : await prepare(node, pod, { container: containerNamed(pod, name), restarts })
  await guarded(node, pod)
  await node.starts.run(async () => {
    const id = await create(node, pod, prepared).catch((error: unknown) => {
      throw isNoAnswer(error) ? error : asProblem(error, 'create')
    })
    if (id === undefined) return // ours already: the next plan takes it from there
    if (name !== SANDBOX) node.events.event(pod, 'Normal', 'Created', `Created container ${name}`)
    await start(node, pod, { name, id })
  })
}

/** Starts a container that exists. @throws as `createAndStart` */
export async function start(
  node: NodeContext,
  pod: Pod,
  { name, id }: { name: string; id: string },
): Promise<void> {
  try {
    await startInNetwork(node, id)
  } catch (error) {
    if (isNoAnswer(error)) throw error
    if (error instanceof EngineError && error.code === 'address-conflict') await giveUpAddress(node, pod, id)
    throw asProblem(error, 'start')
  }
  if (name !== SANDBOX) node.events.event(pod, 'Normal', 'Started', `Started container ${name}`)
}

/**
 * The pod network goes with `docker network prune` while no pod runs on the server: then it is made again. A container
 * that ran on the old one looks for that one for ever, and is removed, to be made anew.
 */
async function startInNetwork({ cache, ensureNetwork }: NodeContext, id: string): Promise<void> {
  try {
    await cache.start(id)
  } catch (error) {
    if (!isNetworkLost(error)) throw error
    await ensureNetwork()
    await cache.start(id).catch(async (again: unknown) => {
      if (isNetworkLost(again)) await cache.remove(id)
      throw again
    })
  }
}

function isNetworkLost(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'network-not-found'
}

/** Something that is not ours has the address: it is set aside, and the pod gets another one. */
async function giveUpAddress(node: NodeContext, pod: Pod, id: string): Promise<void> {
  const { uid } = pod.metadata
  const address = node.addresses.addressOf(uid)
  node.addresses.release(uid)
  if (address) node.addresses.adopt(`taken ${address}`, address)
  await node.cache.remove(id)
}

async function place(node: NodeContext, pod: Pod): Promise<PodPlace> {
  const { clusterId, server, cache } = node
  const clusterDns = await node.clusterDns?.()
  const sandboxId = chooseContainers(pod, cache.ofPod(pod.metadata.uid)).byName.get(SANDBOX)?.id
  return { clusterId, server, clusterDns, address: podAddress(node, pod), sandboxId }
}

/** The containers whose namespaces an ephemeral container shares; undefined for any other. */
function joins({ cache }: NodeContext, pod: Pod, name: string): PodPlace['joins'] {
  if (!isEphemeral(pod, name)) return undefined
  const { byName } = chooseContainers(pod, cache.ofPod(pod.metadata.uid))
  const network = byName.get(ephemeralHost(pod, name))?.id
  if (!network) throw new ConfigError(`the container that "${name}" is to join does not run`)
  const target = targetOf(pod, name)
  const process = target === undefined ? undefined : byName.get(target)?.id
  if (target !== undefined && process === undefined)
    throw new ConfigError(`the target container "${target}" of "${name}" does not run`)
  return { network, process }
}

async function prepareSandbox(node: NodeContext, pod: Pod): Promise<Prepared> {
  await node.ensurePauseImage()
  const where = { ...(await place(node, pod)), sandboxId: undefined }
  return { copies: [], spec: attempt => sandboxSpec(pod, where, attempt) }
}

async function prepare(
  node: NodeContext,
  pod: Pod,
  { container, restarts }: { container: Container; restarts: number },
): Promise<Prepared> {
  const lookup = lookupFor(node, pod)
  const secrets = (pod.spec.imagePullSecrets ?? []).flatMap(({ name = '' }) => lookup.secret(name) ?? [])
  const image = await node.images.ensure(pod, container, secrets)
  try {
    const variables = environment(pod, container, { lookup, facts: podFacts(node, pod) })
    const { mounts, copies } = planMounts(pod, container, variables)
    const terminationLog = await node.terminationLogs.take(container)
    const where = { ...(await place(node, pod)), joins: joins(node, pod, container.name) }
    const spec = (attempt: number) =>
      containerSpec(pod, container, {
        place: where,
        inputs: { image, environment: variables, mounts, terminationLog, restarts, attempt },
      })
    spec(0)
    return { spec, copies }
  } catch (error) {
    throw isNoAnswer(error) ? error : asProblem(error, 'create')
  }
}

/**
 * Creates under the pod's own name. When that is taken, by a creation that was cut short or by a person, it looks who
 * has it.
 * @returns the new container's id; undefined when the pod has that container already
 */
async function create(node: NodeContext, pod: Pod, { spec, copies }: Prepared): Promise<string | undefined> {
  const { uid } = pod.metadata
  for (let attempt = 0; ; attempt++) {
    const wanted = spec(attempt)
    try {
      const id = await node.engine.createContainer(wanted)
      await putCopies(node, pod, { id, copies })
      return id
    } catch (error) {
      const taken = error instanceof EngineError && error.code === 'name-conflict'
      if (!taken || attempt >= ATTEMPTS) throw error
      const ours = await node.cache.relistPod(uid)
      if (ours.some(({ name }) => name === wanted.name)) return undefined
    }
  }
}

async function putCopies(
  node: NodeContext,
  pod: Pod,
  { id, copies }: { id: string; copies: FileCopy[] },
): Promise<void> {
  const context = { pod, lookup: lookupFor(node, pod), facts: podFacts(node, pod) }
  try {
    for (const { volume, subPath, target } of copies) {
      const tar = await filesTar(volumeFiles(volume, context), { subPath, target })
      await node.engine.putArchive(id, '/', tar)
    }
    node.cache.setFilled(id)
  } catch (error) {
    // without its files it must not be started: where this fails too, the next plan has it removed
    await node.engine.removeContainer(id)
    throw error
  }
}
