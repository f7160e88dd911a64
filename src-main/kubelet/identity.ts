import { createHash } from 'node:crypto'
import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import { PAUSE_IMAGE } from './pause-image.ts'

/**
 * What makes a running container the right one for its place in the pod: only what can change in a pod. The rest of
 * the spec is fixed by the pod's uid, and a default that a newer Coxswain fills in must not restart anything.
 * Source: kubernetes pkg/kubelet/container/helpers.go HashContainer.
 */
export function specHash(container: Pick<Container, 'name' | 'image'>): string {
  const text = JSON.stringify({ name: container.name, image: container.image })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

export const SANDBOX_HASH = specHash({ name: SANDBOX, image: PAUSE_IMAGE })

/** Deterministic, so that a creation cut short is found again: `cox_shop_web-1_nginx_1a2b3c4d`. */
export function containerName(pod: Pod, container: string, attempt = 0): string {
  const { namespace = 'default', name, uid } = pod.metadata
  const parts = ['cox', namespace, name, container, shortUid(uid), ...(attempt > 0 ? [attempt] : [])]
  return parts.join('_')
}

/** `cox_<pod uid>_<volume>` */
export function volumeName(pod: Pod, volume: string): string {
  return `cox_${pod.metadata.uid}_${volume}`
}

function shortUid(uid: string): string {
  return uid.replace(/-/g, '').slice(0, 8)
}

/** The labels that name a pod's things on a server. */
export function podLabels(clusterId: string, pod: Pod): Record<string, string> {
  const { uid, namespace = 'default', name } = pod.metadata
  return {
    [LABEL.cluster]: clusterId,
    [LABEL.podUid]: uid,
    [LABEL.podNamespace]: namespace,
    [LABEL.podName]: name,
  }
}

/** True when the pod's containers share namespaces, which a pause container holds. */
export function needsSandbox({ spec }: Pod): boolean {
  const several = spec.containers.length + (spec.initContainers?.length ?? 0) > 1
  return several || spec.shareProcessNamespace === true
}

export interface Chosen {
  /** The one container for each place in the pod, by container name. */
  byName: Map<string, EngineContainer>
  /** What must go: older duplicates, and what belongs to no container of the pod. */
  surplus: EngineContainer[]
}

/** Picks for each place of the pod the container to keep: the matching one, rather running, rather newer. */
export function chooseContainers(pod: Pod, containers: readonly EngineContainer[]): Chosen {
  const wanted = new Map<string, string>()
  const { containers: main, initContainers = [], ephemeralContainers = [] } = pod.spec
  for (const container of [...main, ...initContainers, ...ephemeralContainers]) {
    wanted.set(container.name, specHash(container))
  }
  if (needsSandbox(pod)) wanted.set(SANDBOX, SANDBOX_HASH)
  const rank = (container: EngineContainer) => {
    const matches = container.labels[LABEL.specHash] === wanted.get(container.labels[LABEL.container] ?? '')
    return (
      Number(matches) * 4 +
      Number(container.state === 'running') * 2 +
      Number(container.state === 'restarting')
    )
  }
  const byName = new Map<string, EngineContainer>()
  const surplus: EngineContainer[] = []
  const bestFirst = [...containers].sort((a, b) => rank(b) - rank(a) || b.createdAt - a.createdAt)
  for (const container of bestFirst) {
    const name = container.labels[LABEL.container] ?? ''
    if (wanted.has(name) && !byName.has(name)) byName.set(name, container)
    else surplus.push(container)
  }
  return { byName, surplus }
}
