import { PodKind } from '../api/kinds/pod.ts'
import type { Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import { endContainer } from './container-stopper.ts'
import type { NodeContext } from './node-context.ts'
import { drained } from './pod-drain.ts'
import type { PodState } from './pod-state.ts'
import { isSidecar, isUp } from './restart-rules.ts'

const DEFAULT_GRACE_SECONDS = 30

interface Leaving {
  /** Undefined when there is no such object (any more). */
  pod: Pod | undefined
  state: PodState
}

/**
 * Ends a pod: once nobody sends to it any more its containers are ended within the grace, its sidecars after them; then
 * all is removed, with its volumes and at last the object. Each step may be done again, so that it can be cut short
 * anywhere: `deletionTimestamp` says how much of the grace is left.
 */
export async function tearDown(node: NodeContext, uid: string, { pod, state }: Leaving): Promise<void> {
  const { cache } = node
  node.health.leave(uid)
  const containers = await (state.doubtful ? cache.relistPod(uid) : cache.refresh(uid))
  state.doubtful = false
  const isSandbox = ({ labels }: EngineContainer) => labels[LABEL.container] === SANDBOX
  const working = containers.filter(container => !isSandbox(container))
  const up = working.filter(isUp)
  if (up.length > 0 && pod && graceEnd(node, pod) > 0) await drained(node, pod, graceEnd(node, pod))
  const { first, then } = inOrder(pod, up)
  await Promise.all(first.map(container => end(node, container, { pod, state })))
  for (const sidecar of then) await end(node, sidecar, { pod, state })
  await Promise.all(working.map(({ id }) => cache.remove(id)))
  await Promise.all(containers.filter(isSandbox).map(({ id }) => cache.remove(id)))
  await removeVolumes(node, uid)
  node.addresses.release(uid)
  if (pod) {
    const { name, namespace } = pod.metadata
    await node.client.delete(PodKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } })
  }
}

/** The grace of a leaving pod has been shortened: what waits for its end gets the new, nearer one. */
export async function hasten(node: NodeContext, pod: Pod, state: PodState): Promise<void> {
  state.hurry.abort()
  state.hurry = new AbortController()
  const left = Math.max(0, Math.ceil((graceEnd(node, pod) - node.clock.now()) / 1000))
  const up = node.cache.ofPod(pod.metadata.uid).filter(isUp)
  await Promise.all(up.map(({ id }) => node.engine.stopContainer(id, { timeoutSeconds: left })))
}

/** Sidecars end after the containers that they serve, the last started first. */
function inOrder(pod: Pod | undefined, up: EngineContainer[]) {
  const sidecars = (pod?.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name)
  const rank = ({ labels }: EngineContainer) => sidecars.indexOf(labels[LABEL.container] ?? '')
  return {
    first: up.filter(container => rank(container) < 0),
    then: up.filter(container => rank(container) >= 0).sort((a, b) => rank(b) - rank(a)),
  }
}

async function end(node: NodeContext, container: EngineContainer, { pod, state }: Leaving): Promise<void> {
  const name = container.labels[LABEL.container]
  if (pod) node.events.event(pod, 'Normal', 'Killing', `Stopping container ${name}`)
  // else it would come back by itself, should the power be cut between stop and remove
  if (container.restartPolicy === 'on-failure') await node.engine.setRestartPolicy(container.id, 'no')
  const until = pod
    ? graceEnd(node, pod)
    : node.clock.now() + Number(container.labels[LABEL.gracePeriod] ?? DEFAULT_GRACE_SECONDS) * 1000
  await endContainer(node, container, { pod, until, hurry: state.hurry.signal })
}

/** Ms since the epoch; 0 when there is no grace at all. */
function graceEnd({ clock }: NodeContext, { metadata, spec }: Pod): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  const seconds = deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS
  if (seconds === 0) return 0
  const longest = clock.now() + seconds * 1000
  return deletionTimestamp ? Math.min(longest, Date.parse(deletionTimestamp)) : longest
}

async function removeVolumes({ engine, clusterId }: NodeContext, uid: string): Promise<void> {
  const volumes = await engine.listVolumes({ [LABEL.cluster]: clusterId, [LABEL.podUid]: uid })
  await Promise.all(volumes.map(({ name }) => engine.removeVolume(name)))
}
