import { lab, waitFor } from '../lab.ts'
import type { Cox } from './cox.ts'

interface PodList {
  items: {
    metadata: { name: string; uid: string; deletionTimestamp?: string; labels?: Record<string, string> }
    spec: { nodeName?: string }
    status: {
      phase?: string
      podIP?: string
      conditions?: { type: string; status: string }[]
      containerStatuses?: { restartCount: number; containerID?: string; state?: object }[]
    }
  }[]
}

export interface PodView {
  name: string
  uid: string
  node: string
  phase: string
  ready: boolean
  leaving: boolean
  restarts: number
  containerId: string
  ip: string
}

/** The pods of one label, as kubectl sees them. */
export async function podsOf(cox: Cox, selector = 'app=web', namespace = 'default'): Promise<PodView[]> {
  const list = await cox.get<PodList>('pods', '-l', selector, '-n', namespace)
  return list.items.map(pod => ({
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    node: pod.spec.nodeName ?? '',
    phase: pod.status.phase ?? '',
    ready: pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    leaving: pod.metadata.deletionTimestamp !== undefined,
    restarts: pod.status.containerStatuses?.[0]?.restartCount ?? 0,
    containerId: pod.status.containerStatuses?.[0]?.containerID ?? '',
    ip: pod.status.podIP ?? '',
  }))
}

/** How many of them are on each server: `{ 'lab-1': 2, … }`. */
export function countByNode(pods: readonly PodView[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { node } of pods) counts[node] = (counts[node] ?? 0) + 1
  return counts
}

/** Waits until this many servers take pods. */
export async function waitForReadyNodes(cox: Cox, count: number): Promise<void> {
  await waitFor(`${count} Ready nodes`, async () => {
    const nodes = await cox.kubectl('get', 'nodes', '--no-headers')
    return nodes.split('\n').filter(line => /\sReady\s/.test(line)).length === count
  })
}

/** Ids of the containers of pods on a server, running or not, as its engine sees them. */
export function podContainers(server: number): Promise<string> {
  return lab.docker(server, 'ps', '-aq', '--filter', 'label=io.coxswain.pod.uid')
}
