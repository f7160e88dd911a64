import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { Pod } from '../../src-main/api/types.ts'
import { LogSession, type LogLine, type LogSource } from '../data/log-session.ts'
import { priority } from '../data/hub.ts'
import { browserTimers } from '../data/timers.ts'
import { worstPod } from '../rows/pods.ts'
import type { Status } from '../rows/row-kind.ts'
import type { LogTarget } from '../stores/dock.ts'
import { useCluster, useCollection } from './use-cluster.ts'

/** Lines that are kept; older ones go, a fifth at a time. */
const MOST_LINES = 50_000
const TAIL_LINES = 1_000

export interface LogChoice {
  /** Empty: the first container. */
  container: string
  previous: boolean
}

export interface LogStream {
  lines: Readonly<ShallowRef<readonly LogLine[]>>
  sources: Readonly<ShallowRef<readonly LogSource[]>>
  /** Names of the containers to choose from. */
  containers: ComputedRef<string[]>
  /** Why there may be no log: the state of the pod that is worst off. */
  trouble: ComputedRef<Status | undefined>
  clear(): void
}

/** The log of a pod, or of all pods of a deployment, as it is written. */
export function useLogSession(target: () => LogTarget, choice: () => LogChoice): LogStream {
  const { hub } = useCluster()
  const { cache, version } = useCollection<Pod>('pods', priority.drawer)
  const lines = shallowRef<readonly LogLine[]>([])
  const sources = shallowRef<readonly LogSource[]>([])

  function pods(): Pod[] {
    const { kind, namespace, name } = target()
    const key = `${namespace}/${name}`
    if (kind === 'Deployment') return [...cache.group('deployment', key)]
    const pod = cache.byName(key)
    return pod ? [pod] : []
  }

  const containers = computed(() => {
    void version.value
    const names = pods().flatMap(pod =>
      [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(c => c.name),
    )
    return [...new Set(names)]
  })
  const trouble = computed(() => {
    void version.value
    return worstPod(pods())
  })
  const container = computed(() => choice().container || containers.value[0] || '')

  let session: LogSession | undefined
  watch(
    [() => JSON.stringify(target()), container, () => choice().previous],
    () => {
      session?.stop()
      session = undefined
      lines.value = []
      sources.value = []
      if (!container.value) return
      session = new LogSession({
        hub,
        timers: browserTimers,
        random: Math.random,
        pods,
        container: container.value,
        previous: choice().previous,
        tailLines: TAIL_LINES,
        onLines: fresh => (lines.value = append(lines.value, fresh)),
        onSources: next => (sources.value = next),
      })
    },
    { immediate: true },
  )
  onScopeDispose(() => session?.stop())
  return { lines, sources, containers, trouble, clear: () => (lines.value = []) }
}

/**
 * Lines in the order of their times where several pods write at once: what is late by a moment is put in its place
 * among the last few, what is later still goes to the end, so that lines that were read already do not jump.
 */
export function append(lines: readonly LogLine[], fresh: readonly LogLine[]): LogLine[] {
  const sorted = [...fresh].sort((a, b) => compareTimes(a, b))
  const kept = lines.length > MOST_LINES ? lines.slice(MOST_LINES / 5) : [...lines]
  const first = sorted[0]
  const last = kept.at(-1)
  if (first && last && compareTimes(first, last) < 0) {
    const from = Math.max(0, kept.length - 2 * TAIL_LINES)
    return [...kept.slice(0, from), ...[...kept.slice(from), ...sorted].sort(compareTimes)]
  }
  return [...kept, ...sorted]
}

function compareTimes(a: LogLine, b: LogLine): number {
  if (!a.time || !b.time || a.time === b.time) return a.id - b.id
  return a.time < b.time ? -1 : 1
}
