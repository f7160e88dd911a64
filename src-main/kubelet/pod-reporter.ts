import { PodKind } from '../api/kinds/pod.ts'
import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import type { ObservedContainer } from './container-status.ts'
import { chooseContainers, needsSandbox } from './identity.ts'
import { hostIp, type NodeContext } from './node-context.ts'
import { podStatus, type ObservedPod } from './pod-status.ts'
import type { PodState } from './pod-state.ts'
import { VOLUMES } from './pod-sync.ts'
import { isUp } from './restart-rules.ts'
import { readTerminationMessage } from './termination-message.ts'

/** Writes the pod's status as it is known now; nothing when that is what it says already. */
export async function reportPod(node: NodeContext, pod: Pod, state: PodState): Promise<void> {
  if (node.signal.aborted) return
  const { uid, name, namespace } = pod.metadata
  const observed = observe(node, pod, state)
  await node.client.modifyStatus(PodKind, { name, namespace }, draft => {
    if (draft.metadata.uid === uid) draft.status = podStatus(draft, observed)
  })
}

function observe(node: NodeContext, pod: Pod, state: PodState): ObservedPod {
  const { byName } = chooseContainers(pod, node.cache.ofPod(pod.metadata.uid))
  const sandbox = byName.get(SANDBOX)
  const host = hostIp(node)
  const containers = new Map<string, ObservedContainer>()
  for (const spec of allContainers(pod)) {
    const { name } = spec
    const container = byName.get(name)
    const problem = state.problems.get(name) ?? state.problems.get(SANDBOX) ?? state.problems.get(VOLUMES)
    containers.set(name, {
      container,
      lastExit: container && node.cache.lastExit(container.id),
      health: container && node.health.of(pod, spec, container),
      ...(problem ? { problem: { reason: problem.reason, message: problem.message } } : {}),
    })
  }
  const begun = [...containers.values()].some(({ container }) => container?.startedAt !== undefined)
  return {
    containers,
    podIp: pod.spec.hostNetwork ? host : node.addresses.addressOf(pod.metadata.uid),
    hostIp: host,
    sandboxReady: needsSandbox(pod) ? sandbox !== undefined && isUp(sandbox) : begun,
    now: node.clock.now(),
  }
}

function allContainers({ spec }: Pod): Container[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec
  return [...containers, ...initContainers, ...(ephemeralContainers as Container[])]
}

/** Tells once of each new end of a container, and reads what it left to say. */
export async function noteExits(node: NodeContext, pod: Pod, state: PodState): Promise<void> {
  for (const container of node.cache.ofPod(pod.metadata.uid)) {
    const spec = allContainers(pod).find(({ name }) => name === container.labels[LABEL.container])
    const exit = node.cache.lastExit(container.id)
    if (!spec || !exit) continue
    const key = `${container.id} ${exit.finishedAt}`
    if (state.seenExits.has(key)) continue
    state.seenExits.add(key)
    if (container.state === 'restarting') reportCrash(node, pod, container)
    const message = await readTerminationMessage(node.engine, spec, { id: container.id, exit })
    if (message) node.cache.setExitMessage(container.id, message)
  }
}

function reportCrash(node: NodeContext, pod: Pod, { labels }: EngineContainer): void {
  const message = `Back-off restarting failed container ${labels[LABEL.container]} in pod ${pod.metadata.name}`
  node.events.event(pod, 'Warning', 'BackOff', message)
}
