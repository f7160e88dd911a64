import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router'

function first(value: unknown): string {
  const one = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : ''
}

export interface UrlState {
  namespaces: WritableComputedRef<string[]>
  filter: WritableComputedRef<string>
  /** Empty: the page's own order. */
  sort: WritableComputedRef<string>
  /** `namespace/name` of the object in the drawer. */
  selected: WritableComputedRef<string>
  tab: WritableComputedRef<string>
}

/** What a page shows, kept in the address: back, reload and a link to a colleague work. */
export function useUrlState(): UrlState {
  const route = useRoute()
  const router = useRouter()

  function set(change: LocationQueryRaw, how: 'push' | 'replace'): void {
    const query = { ...route.query, ...change }
    for (const [name, value] of Object.entries(query)) if (!value) delete query[name]
    void router[how]({ query })
  }
  const entry = (name: string, how: 'push' | 'replace', reset: LocationQueryRaw = {}) =>
    computed({ get: () => first(route.query[name]), set: value => set({ ...reset, [name]: value }, how) })

  return {
    namespaces: computed({
      get: () => first(route.query['ns']).split(',').filter(Boolean),
      set: value => set({ ns: value.join(',') }, 'replace'),
    }),
    filter: entry('q', 'replace'),
    sort: entry('sort', 'replace'),
    selected: entry('sel', 'push', { tab: undefined }),
    tab: entry('tab', 'replace'),
  }
}
