import { computed, type ComputedRef } from 'vue'
import { resources, type ResourceName } from '../api/resources.ts'
import type { ListWatchState } from '../data/list-watch.ts'
import { useCluster } from './use-cluster.ts'

const URGENCY = { retrying: 0, loading: 1, live: 2, idle: 3 }

/** The worst state among the watches that run, with the latest time at which any of them heard something. */
export function useConnection(): ComputedRef<ListWatchState> {
  const { hub } = useCluster()
  const states = (Object.keys(resources) as ResourceName[]).map(name => hub.collection(name).state)
  return computed(() => {
    const running = states.map(state => state.value).filter(state => state.phase !== 'idle')
    const heardAt = Math.max(0, ...states.map(state => state.value.heardAt))
    const worst = running.sort((a, b) => URGENCY[a.phase] - URGENCY[b.phase])[0]
    return { phase: worst?.phase ?? 'idle', synced: worst?.synced ?? false, error: worst?.error, heardAt }
  })
}
