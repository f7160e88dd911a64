import { shallowRef, type ShallowRef } from 'vue'
import type { KubeObject } from '../../src-main/api/types.ts'
import type { ApiClient } from '../api/client.ts'
import { resources, type ResourceName } from '../api/resources.ts'
import type { WatchTransport } from '../api/watch-transport.ts'
import { ConnectionBudget } from './connection-budget.ts'
import { indexes } from './indexes.ts'
import { ListWatch, type ListWatchState } from './list-watch.ts'
import { ObjectCache } from './object-cache.ts'
import type { Timers } from './timers.ts'

/** One kind's live collection, shared by every view that shows it. */
export interface Collection<T extends KubeObject = KubeObject> {
  cache: ObjectCache<T>
  state: Readonly<ShallowRef<ListWatchState>>
  /** Grows with every change of the cache; read it to depend on the cache's content. */
  version: Readonly<ShallowRef<number>>
}

/** Who gets a connection first when there are not enough for all. */
export const priority = Object.freeze({ page: 0, log: 1, drawer: 1, related: 2, background: 3 })

export interface HubOptions {
  client: ApiClient
  transport: WatchTransport
  timers: Timers
  random: () => number
}

/** Keeps one watch a kind for as long as somebody looks at it, within the transport's connections. */
export class Hub {
  readonly client: ApiClient
  readonly transport: WatchTransport
  readonly budget: ConnectionBudget
  readonly #options: HubOptions
  readonly #entries = new Map<ResourceName, Entry>()

  constructor(options: HubOptions) {
    this.client = options.client
    this.transport = options.transport
    this.#options = options
    this.budget = new ConnectionBudget(options.transport.connections)
  }

  /** The collection of a kind, watched or not. */
  collection<T extends KubeObject>(name: ResourceName): Collection<T> {
    return this.#entry(name).collection as unknown as Collection<T>
  }

  /** Asks for a kind to be watched until the returned function is called. */
  watch(name: ResourceName, wantedPriority: number): () => void {
    const entry = this.#entry(name)
    const wish = { priority: wantedPriority }
    entry.wishes.add(wish)
    this.#claim(entry)
    return () => {
      if (!entry.wishes.delete(wish)) return
      this.#claim(entry)
    }
  }

  /** Tries a broken collection again at once. */
  retry(name: ResourceName): void {
    const { listWatch } = this.#entry(name)
    if (listWatch.state.phase === 'idle') return
    listWatch.stop()
    listWatch.start()
  }

  #claim(entry: Entry): void {
    const release = entry.release
    const wanted = Math.min(...[...entry.wishes].map(wish => wish.priority))
    entry.release =
      entry.wishes.size === 0
        ? undefined
        : this.budget.claim({
            priority: wanted,
            start: () => {
              entry.users += 1
              entry.listWatch.start()
            },
            stop: () => {
              entry.users -= 1
              // a claim of another priority may have taken the watch over
              if (entry.users === 0) entry.listWatch.stop()
            },
          })
    release?.()
  }

  #entry(name: ResourceName): Entry {
    const known = this.#entries.get(name)
    if (known) return known
    const state = shallowRef<ListWatchState>({ phase: 'idle', synced: false, heardAt: 0 })
    const version = shallowRef(0)
    const cache = new ObjectCache(indexes[name] as Record<string, (object: KubeObject) => string | undefined>)
    cache.subscribe(() => version.value++)
    const listWatch = new ListWatch(resources[name], cache, {
      ...this.#options,
      onState: next => (state.value = next),
    })
    const entry: Entry = {
      collection: { cache, state, version },
      listWatch,
      wishes: new Set(),
      users: 0,
    }
    this.#entries.set(name, entry)
    return entry
  }
}

interface Entry {
  collection: Collection
  listWatch: ListWatch<KubeObject>
  wishes: Set<{ priority: number }>
  /** Running claims: two for a moment while one takes over from another. */
  users: number
  release?: (() => void) | undefined
}
