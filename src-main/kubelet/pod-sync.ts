import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { formatDelay } from './back-off.ts'
import { ConfigError } from './config-error.ts'
import { SANDBOX } from './container-labels.ts'
import { asProblem, isNoAnswer } from './container-problem.ts'
import { endContainer } from './container-stopper.ts'
import { createAndStart, start } from './container-starter.ts'
import { chooseContainers } from './identity.ts'
import { lookupFor, podFacts, type NodeContext } from './node-context.ts'
import { guarded } from './pod-guard.ts'
import { isOver, planPod, type Action } from './plan.ts'
import type { PodState } from './pod-state.ts'
import { hasFiles, volumeFiles } from './volume-files.ts'
import { podVolumes } from './volume-mounts.ts'
import { fingerprint, writeVolumes } from './volume-writer.ts'

/** More rounds than any pod needs (one for each init container, and a few); a loop without end is a defect. */
const MAX_ROUNDS = 100
/** How long a failed pull shows as ErrImagePull before it shows as ImagePullBackOff. */
const ERR_IMAGE_PULL_MS = 3_000

/**
 * Brings one pod's containers to what its spec says: plans, applies, and plans again until there is nothing to do.
 * @returns ms since the epoch when to look again without an event
 * @throws EngineError when the engine gave no answer; what the engine refused is in `state.problems`
 */
export async function syncPod(node: NodeContext, pod: Pod, state: PodState): Promise<number | undefined> {
  const { uid } = pod.metadata
  const { cache, clock } = node
  const begun = clock.now()
  await (state.doubtful ? cache.relistPod(uid) : cache.refresh(uid))
  state.doubtful = false
  settleImageProblems(node, pod, state)
  if (!isOver(pod, clock.now()) && !(await ensureVolumes(node, pod, state))) return wakeOf(state, begun)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    node.health.watch(pod, chooseContainers(pod, cache.ofPod(uid)).byName)
    const plan = planPod(pod, cache.ofPod(uid), {
      now: clock.now(),
      notBefore: name => state.notBefore(name),
      health: (spec, container) => node.health.of(pod, spec, container),
      isFilled: ({ id }) => cache.isFilled(id),
    })
    if (plan.actions.length === 0) return earliest(plan.wakeAt, wakeOf(state, begun))
    for (const action of plan.actions) await apply(node, pod, { action, state })
  }
  throw new Error(`the plan for pod ${pod.metadata.namespace}/${pod.metadata.name} does not come to rest`)
}

/**
 * When a problem is to be looked at again. One that was due when the round began has had its try, or nothing can be done
 * about it as the pod is: then only a change makes it worth another look.
 */
function wakeOf(state: PodState, begun: number): number | undefined {
  const times = [...state.problems.values()]
    .filter(({ retryAt }) => retryAt > begun)
    .map(({ reason, since, retryAt }) =>
      reason === 'ErrImagePull' ? Math.min(since + ERR_IMAGE_PULL_MS, retryAt) : retryAt,
    )
  return earliest(...times)
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter(time => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}

async function apply(
  node: NodeContext,
  pod: Pod,
  { action, state }: { action: Action; state: PodState },
): Promise<void> {
  const { engine, cache, events } = node
  switch (action.do) {
    case 'remove': {
      const { container, why } = action
      node.logger.info({ container: container.name, why }, 'removing a container')
      await end(node, pod, { container, state, graceMs: grace(pod) })
      await cache.remove(container.id)
      return
    }
    case 'kill': {
      const { name, container, why, graceSeconds } = action
      const more = pod.spec.restartPolicy === 'Never' ? '' : ', will be restarted'
      events.event(pod, 'Normal', 'Killing', `Container ${name}: ${why}${more}`)
      state.restarts.hold(name)
      const graceMs = graceSeconds === undefined ? grace(pod) : graceSeconds * 1000
      await end(node, pod, { container, state, graceMs })
      await cache.inspect(container.id)
      return
    }
    case 'stop': {
      const { container, why } = action
      events.event(pod, 'Normal', 'Killing', `Stopping container ${container.name}: ${why}`)
      if (container.restartPolicy === 'on-failure') await engine.setRestartPolicy(container.id, 'no')
      await end(node, pod, { container, state, graceMs: grace(pod) })
      await cache.inspect(container.id)
      return
    }
    case 'create':
      return attempt(node, pod, { name: action.name, state, task: () => createAndStart(node, pod, action) })
    case 'start': {
      const { name, container, restart } = action
      if (restart) state.restarts.failed(name)
      const task = async () => {
        await guarded(node, pod)
        await node.starts.run(() => start(node, pod, { name, id: container.id }))
      }
      return attempt(node, pod, { name, state, task })
    }
  }
}

async function end(
  node: NodeContext,
  pod: Pod,
  { container, state, graceMs }: { container: EngineContainer; state: PodState; graceMs: number },
): Promise<void> {
  state.ending = true
  try {
    await endContainer(node, container, { pod, until: node.clock.now() + graceMs })
  } finally {
    state.ending = false
  }
}

/** In ms. */
function grace({ spec }: Pod): number {
  return (spec.terminationGracePeriodSeconds ?? 30) * 1000
}

/** A refusal is written down, and the container left alone for a while; the pod's other containers go on. */
async function attempt(
  node: NodeContext,
  pod: Pod,
  { name, state, task }: { name: string; state: PodState; task: () => Promise<void> },
): Promise<void> {
  try {
    await task()
    state.problems.delete(name)
    state.retries.forget(name)
  } catch (error) {
    if (isNoAnswer(error)) throw error
    const { reason, message } = asProblem(error, 'create')
    const ofImage = reason === 'ErrImagePull' || reason === 'ImagePullBackOff'
    const container = pod.spec.containers
      .concat(pod.spec.initContainers ?? [], (pod.spec.ephemeralContainers ?? []) as Container[])
      .find(candidate => candidate.name === name)
    const imageRetry = ofImage && container ? node.images.retryAt(pod, container) : 0
    const retryAt = imageRetry || state.retries.failed(name)
    state.problems.set(name, { reason, message, since: node.clock.now(), retryAt })
    if (!ofImage) node.events.event(pod, 'Warning', 'Failed', `Error: ${message}`)
    node.logger.debug(
      { pod: pod.metadata.name, container: name, err: error },
      'could not bring up a container',
    )
  }
}

/** A failed pull is news for a moment; then what counts is that it waits for its next try. */
function settleImageProblems(node: NodeContext, pod: Pod, state: PodState): void {
  const now = node.clock.now()
  for (const [name, problem] of state.problems) {
    if (problem.reason !== 'ErrImagePull' || now - problem.since < ERR_IMAGE_PULL_MS) continue
    if (problem.retryAt <= now) continue
    const again = formatDelay(problem.retryAt - now)
    state.problems.set(name, {
      ...problem,
      reason: 'ImagePullBackOff',
      message: `Back-off, next try in ${again}: ${problem.message}`,
    })
    node.events.event(pod, 'Normal', 'BackOff', `Back-off pulling image of container "${name}"`)
  }
}

/**
 * Has the pod's volumes made and their files written, again when the ConfigMaps or Secrets behind them have changed.
 * @returns false when the pod cannot begin for lack of them
 */
async function ensureVolumes(node: NodeContext, pod: Pod, state: PodState): Promise<boolean> {
  const all = podVolumes(pod)
  if (all.length === 0) return true
  const chosen = chooseContainers(pod, node.cache.ofPod(pod.metadata.uid)).byName
  const begun = [...chosen.keys()].some(name => name !== SANDBOX)
  try {
    const context = { pod, lookup: lookupFor(node, pod), facts: podFacts(node, pod) }
    const volumes = all
      .filter(volume => !begun || hasFiles(volume)) // an emptyDir in use belongs to its pod
      .map(volume => (hasFiles(volume) ? { volume, files: volumeFiles(volume, context) } : { volume }))
    const print = fingerprint(volumes.filter(({ files }) => files !== undefined))
    if (print !== state.writtenFiles && volumes.length > 0) {
      await node.ensurePauseImage()
      await writeVolumes(node.engine, pod, { clusterId: node.clusterId, volumes })
      state.writtenFiles = print
    }
    state.problems.delete(VOLUMES)
    state.retries.forget(VOLUMES)
    return true
  } catch (error) {
    if (isNoAnswer(error)) throw error
    if (begun && error instanceof ConfigError) return true // the files stay as they were
    reportMountFailure(node, pod, { state, error })
    return begun
  }
}

/** Key of the volumes' problem beside those of containers: no container can be called so. */
export const VOLUMES = 'VOLUMES'

function reportMountFailure(
  node: NodeContext,
  pod: Pod,
  { state, error }: { state: PodState; error: unknown },
): void {
  const message = `MountVolume.SetUp failed: ${asProblem(error, 'create').message}`
  node.events.event(pod, 'Warning', 'FailedMount', message)
  const now = node.clock.now()
  const retryAt = state.retries.failed(VOLUMES)
  state.problems.set(VOLUMES, { reason: 'ContainerCreating', message, since: now, retryAt })
}
