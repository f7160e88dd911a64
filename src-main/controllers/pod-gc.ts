import { keyOf, parseKey } from '../api/client.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { PodKind } from '../api/kinds/pod.ts'
import type { Pod } from '../api/types.ts'
import { formatTime } from '../lib/clock.ts'
import { changesOf, type Controller, type ControllerOptions, createReconciler } from './runtime/controller.ts'

/** A Node that was deleted by mistake is registered again within this time, with its pods. */
const QUARANTINE_MS = 5_000

/**
 * Removes pods that no kubelet will ever confirm: those on nodes that do not exist, and those that are terminating
 * without ever having had a node. Source: kubernetes pkg/controller/podgc/gc_controller.go.
 */
export function createPodGcController(options: ControllerOptions): Controller {
  const { client, clock, events } = options
  /** Since when a node is missing, in ms since the epoch. Lost in a restart, which only makes the wait longer. */
  const missingSince = new Map<string, number>()

  const quarantineMs = (nodeName: string): number => {
    const since = missingSince.get(nodeName) ?? clock.now()
    missingSince.set(nodeName, since)
    return since + QUARANTINE_MS - clock.now()
  }

  const remove = (pod: Pod) => {
    const { metadata } = pod
    return client.delete(PodKind, metadata, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } })
  }

  return createReconciler({
    ...options,
    name: 'pod-gc',
    sources: [
      changesOf(
        PodKind,
        pod => [keyOf(pod)],
        ({ type }) => type !== 'DELETED',
      ),
      changesOf(
        NodeKind,
        ({ metadata }) => {
          missingSince.delete(metadata.name)
          return client.list(PodKind, { node: metadata.name }).map(keyOf)
        },
        ({ type }) => type !== 'MODIFIED',
      ),
    ],
    async reconcile(key) {
      const { name, namespace } = parseKey(key)
      const pod = client.get(PodKind, name, namespace)
      if (!pod) return
      const { nodeName } = pod.spec
      if (!nodeName) {
        if (pod.metadata.deletionTimestamp) await remove(pod)
        return
      }
      if (client.get(NodeKind, nodeName)) return
      const waitMs = quarantineMs(nodeName)
      if (waitMs > 0) return { againAfterMs: waitMs }
      const since = formatTime(missingSince.get(nodeName) ?? clock.now())
      events.event(pod, 'Normal', 'PodGC', `Its node ${nodeName} does not exist any more (since ${since})`)
      await remove(pod)
    },
  })
}
