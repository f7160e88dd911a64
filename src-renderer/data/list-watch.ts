import type { KubeObject } from '../../src-main/api/types.ts'
import { ApiError, isAbort, toApiError } from '../api/api-error.ts'
import { withQuery, type ApiClient } from '../api/client.ts'
import { collectionPath, type Resource } from '../api/resources.ts'
import type { WatchTransport } from '../api/watch-transport.ts'
import { createBackoff } from './backoff.ts'
import { createBatcher } from './batcher.ts'
import type { ObjectCache } from './object-cache.ts'
import { pause, type Timers } from './timers.ts'

export interface ListWatchState {
  /** idle: not asked for; loading: the first list is on its way; live: the watch stands; retrying: it broke. */
  phase: 'idle' | 'loading' | 'live' | 'retrying'
  /** Whether the cache has held a whole list. */
  synced: boolean
  error?: ApiError | undefined
  /** When the API last said anything, in ms since the epoch. */
  heardAt: number
}

export interface ListWatchOptions {
  client: ApiClient
  transport: WatchTransport
  timers: Timers
  random: () => number
  onState: (state: ListWatchState) => void
}

interface ObjectList<T> {
  metadata: { resourceVersion: string; continue?: string }
  items: T[]
}

const PAGE = 1000

/**
 * Keeps a cache equal to a collection: list, then watch from the list's resourceVersion; a broken watch goes on where
 * it was, after a back-off; 410 Gone lists again. After `stop` it keeps its place, so that `start` costs one watch.
 * Source of the algorithm: k8s.io/client-go/tools/cache/reflector.go.
 */
export class ListWatch<T extends KubeObject> {
  readonly #resource: Resource
  readonly #cache: ObjectCache<T>
  readonly #options: ListWatchOptions
  #state: ListWatchState = { phase: 'idle', synced: false, heardAt: 0 }
  #version: string | undefined
  #abort: AbortController | undefined

  constructor(resource: Resource, cache: ObjectCache<T>, options: ListWatchOptions) {
    this.#resource = resource
    this.#cache = cache
    this.#options = options
  }

  get state(): ListWatchState {
    return this.#state
  }

  start(): void {
    if (this.#abort) return
    this.#abort = new AbortController()
    void this.#run(this.#abort.signal)
  }

  stop(): void {
    this.#abort?.abort()
    this.#abort = undefined
    this.#publish({ phase: 'idle' })
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff({ random: this.#options.random })
    while (!signal.aborted) {
      const startedAt = this.#options.timers.now()
      try {
        if (this.#version === undefined) await this.#list(signal)
        await this.#watch(signal)
        // the server ends watches now and then: go on at once, unless it does nothing else
        if (this.#options.timers.now() - startedAt > 1_000) backoff.reset()
        else await pause(this.#options.timers, backoff.next(), signal)
      } catch (error) {
        if (signal.aborted || isAbort(error)) return
        if (this.#options.timers.now() - startedAt > 10_000) backoff.reset()
        await this.#recover(toApiError(error), backoff.next(), signal)
      }
    }
  }

  async #recover(error: ApiError, delayMs: number, signal: AbortSignal): Promise<void> {
    if (error.code === 410) {
      // too far behind: what was missed cannot be told any more
      this.#version = undefined
      return
    }
    this.#publish({ phase: 'retrying', error })
    await pause(this.#options.timers, delayMs, signal)
  }

  async #list(signal: AbortSignal): Promise<void> {
    if (!this.#state.synced) this.#publish({ phase: 'loading' })
    const path = collectionPath(this.#resource)
    const items: T[] = []
    let next: string | undefined
    let version = ''
    do {
      const query = { limit: PAGE, continue: next }
      const page: ObjectList<T> = await this.#options.client.get(path, { query, signal })
      items.push(...page.items)
      version = page.metadata.resourceVersion
      next = page.metadata.continue || undefined
    } while (next)
    // items of a list carry no kind of their own
    const { apiVersion, kind } = this.#resource
    this.#cache.replace(items.map(item => ({ ...item, apiVersion, kind })))
    this.#version = version
    this.#publish({ phase: 'live', synced: true, error: undefined, heardAt: this.#options.timers.now() })
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { timers, transport } = this.#options
    const batcher = createBatcher<{ removed: boolean; object: T }>(events => this.#apply(events), { timers })
    const path = withQuery(collectionPath(this.#resource), {
      watch: 1,
      allowWatchBookmarks: true,
      resourceVersion: this.#version,
    })
    try {
      const stream = transport.watch(path, { signal, onOpen: () => this.#heard() })
      for await (const event of stream) {
        if (event.type === 'ERROR') throw new ApiError(event.object)
        this.#version = event.object.metadata.resourceVersion
        if (event.type === 'BOOKMARK') this.#heard()
        else batcher.push({ removed: event.type === 'DELETED', object: event.object as T })
      }
    } finally {
      // the version has moved past these events: they must not be lost
      batcher.flush()
    }
  }

  #apply(events: { removed: boolean; object: T }[]): void {
    const latest = new Map<string, { removed: boolean; object: T }>()
    for (const event of events) latest.set(event.object.metadata.uid, event)
    const changes = [...latest.values()]
    this.#cache.apply({
      upserted: changes.filter(change => !change.removed).map(change => change.object),
      removed: changes.filter(change => change.removed).map(change => change.object),
    })
    this.#heard()
  }

  #heard(): void {
    if (!this.#abort) return
    this.#publish({ phase: 'live', error: undefined, heardAt: this.#options.timers.now() })
  }

  #publish(change: Partial<ListWatchState>): void {
    this.#state = { ...this.#state, ...change }
    this.#options.onState(this.#state)
  }
}
