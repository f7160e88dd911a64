import type { Dispose } from '../lib/disposer.ts'
import { silentLogger, type Logger } from '../lib/logger.ts'
import { ChangeLog, type WatchWindow } from './change-log.ts'
import { GroupCommit, type Change } from './group-commit.ts'
import type { ObjectStore } from './object-store.ts'
import { KeyValueObjectStore } from './objects.ts'
import type { KeyValue, KeyValueEvent, KeyValueStore } from './port.ts'

const DEFAULT_WINDOW: WatchWindow = { events: 10_000, bytes: 32 * 1024 * 1024 }

/** A KeyValueStore that forgets everything when the process ends: for tests and the playground. */
export class MemoryKeyValueStore implements KeyValueStore {
  readonly #data = new Map<string, KeyValue>()
  readonly #commits: GroupCommit
  readonly #log: ChangeLog<KeyValueEvent>
  readonly #leases = new Set<string>()

  constructor(options: { watchWindow?: WatchWindow; logger?: Logger } = {}) {
    this.#log = new ChangeLog(1, options.watchWindow ?? DEFAULT_WINDOW, options.logger ?? silentLogger)
    this.#commits = new GroupCommit({
      revision: 1,
      current: key => this.#data.get(key),
      write: () => Promise.resolve(),
      committed: changes => changes.forEach(change => this.#apply(change)),
    })
  }

  get revision(): number {
    return this.#commits.revision
  }

  async get(key: string): Promise<KeyValue | undefined> {
    return this.#data.get(key)
  }

  async range(prefix: string): Promise<KeyValue[]> {
    const found = [...this.#data.values()].filter(({ key }) => key.startsWith(prefix))
    return found.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  compareAndSwap(key: string, expected: number, value: string | null): Promise<number> {
    return this.#commits.submit(key, expected, value)
  }

  settled(key: string): Promise<void> {
    return this.#commits.settled(key)
  }

  watch(revision: number, listener: (event: KeyValueEvent) => void): Dispose {
    return this.#log.watch(revision, listener)
  }

  async lease(name: string): Promise<Dispose> {
    if (this.#leases.has(name)) throw new Error(`"${name}" is already held in this process`)
    this.#leases.add(name)
    return () => {
      this.#leases.delete(name)
    }
  }

  close(): Promise<void> {
    return this.#commits.close()
  }

  #apply({ key, value, revision, createRevision }: Change): void {
    if (value === null) {
      this.#data.delete(key)
      this.#log.push({ type: 'delete', key, revision }, key.length)
      return
    }
    const current = { key, value, createRevision, modRevision: revision }
    this.#data.set(key, current)
    this.#log.push({ type: 'put', revision, current }, value.length)
  }
}

/** An empty ObjectStore in memory, with the revisions, conflicts and watches of the durable one. */
export function createMemoryObjectStore(
  options: { watchWindow?: WatchWindow; logger?: Logger } = {},
): ObjectStore {
  const logger = options.logger ?? silentLogger
  const kv = new MemoryKeyValueStore({ logger, watchWindow: { events: 0, bytes: 0 } })
  return KeyValueObjectStore.empty(kv, { ...options, logger })
}
