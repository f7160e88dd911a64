import type { Dispose } from '../lib/disposer.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { ChangeLog, type WatchWindow } from './change-log.ts'
import { CommonParts } from './common-parts.ts'
import { ObjectIndex } from './object-index.ts'
import { objectKey, parseObjectKey, REGISTRY } from './object-keys.ts'
import type { ObjectStore, StoredObject, StoreEvent, StoreSelection } from './object-store.ts'
import { RevisionMismatch, type KeyValue, type KeyValueEvent, type KeyValueStore } from './port.ts'
import { atRevision, decode, WrittenObject } from './written-object.ts'

export const DEFAULT_WATCH_WINDOW: WatchWindow = { events: 10_000, bytes: 64 * 1024 * 1024 }

export interface ObjectStoreOptions {
  logger: Logger
  watchWindow?: WatchWindow
  /** Runs after the KeyValueStore was closed. */
  onClose?: () => Promise<void>
}

/** Keeps every object of a KeyValueStore parsed, frozen and indexed in memory, and follows its changes. */
export class KeyValueObjectStore implements ObjectStore {
  readonly #kv: KeyValueStore
  readonly #resources = new Map<string, ObjectIndex>()
  /** By key: of several that would write at once, the first gets through. */
  readonly #underWay = new Map<string, WrittenObject>()
  readonly #common = new CommonParts()
  readonly #log: ChangeLog<StoreEvent>
  readonly #onClose: () => Promise<void>
  #revision: number

  private constructor(kv: KeyValueStore, options: ObjectStoreOptions) {
    this.#kv = kv
    this.#revision = kv.revision
    this.#log = new ChangeLog(kv.revision, options.watchWindow ?? DEFAULT_WATCH_WINDOW, options.logger)
    this.#onClose = options.onClose ?? (() => Promise.resolve())
  }

  /** For a KeyValueStore that holds no objects yet. */
  static empty(kv: KeyValueStore, options: ObjectStoreOptions): KeyValueObjectStore {
    const store = new KeyValueObjectStore(kv, options)
    kv.watch(kv.revision, event => store.#follow(event))
    return store
  }

  /**
   * Reads everything; nobody may write to `kv` before this has resolved.
   * @throws Error naming the key of a value that is no object
   */
  static async load(kv: KeyValueStore, options: ObjectStoreOptions): Promise<KeyValueObjectStore> {
    const stored = await kv.range(REGISTRY)
    const store = KeyValueObjectStore.empty(kv, options)
    for (const item of stored) store.#restore(item)
    return store
  }

  get revision(): number {
    return this.#revision
  }

  get(resource: string, name: string, namespace?: string): StoredObject | undefined {
    return this.#resources.get(resource)?.get(name, namespace)
  }

  list(resource: string, selection?: StoreSelection): StoredObject[] {
    return this.#resources.get(resource)?.list(selection) ?? []
  }

  async create(resource: string, object: StoredObject): Promise<StoredObject> {
    return this.#write(resource, this.#keyOf(resource, object), 0, object)
  }

  async update(resource: string, object: StoredObject): Promise<StoredObject> {
    const { key, expected } = this.#expect(resource, object)
    return this.#write(resource, key, expected, object)
  }

  async delete(resource: string, object: StoredObject): Promise<StoredObject> {
    const { key, expected } = this.#expect(resource, object)
    const last = this.get(resource, object.metadata.name, object.metadata.namespace) ?? object
    const revision = await this.#kv.compareAndSwap(key, expected, null)
    return atRevision(last, revision)
  }

  settled(resource: string, name: string, namespace = ''): Promise<void> {
    return this.#kv.settled(objectKey({ resource, namespace, name }))
  }

  watch(
    resource: string | undefined,
    revision: number | undefined,
    listener: (event: StoreEvent) => void,
  ): Dispose {
    return this.#log.watch(revision ?? this.#revision, event => {
      if (resource === undefined || event.resource === resource) listener(event)
    })
  }

  async close(): Promise<void> {
    await this.#kv.close()
    await this.#onClose()
  }

  #keyOf(resource: string, { metadata: { name, namespace = '' } }: StoredObject): string {
    return objectKey({ resource, namespace, name })
  }

  /** @throws RevisionMismatch when the object names no revision: 0 would mean "create" to the store below */
  #expect(resource: string, object: StoredObject): { key: string; expected: number } {
    const key = this.#keyOf(resource, object)
    const expected = Number(object.metadata.resourceVersion)
    if (Number.isSafeInteger(expected) && expected > 0) return { key, expected }
    const stored = this.get(resource, object.metadata.name, object.metadata.namespace)
    throw new RevisionMismatch(key, 0, Number(stored?.metadata.resourceVersion ?? 0))
  }

  /** Resolves with the object as watchers saw it, also when another change came upon it meanwhile. */
  async #write(resource: string, key: string, expected: number, object: StoredObject): Promise<StoredObject> {
    const { name, namespace } = object.metadata
    const written = new WrittenObject(object, this.get(resource, name, namespace), this.#common)
    const isFirst = !this.#underWay.has(key)
    if (isFirst) this.#underWay.set(key, written)
    try {
      const revision = await this.#kv.compareAndSwap(key, expected, written.text)
      const stored = this.get(resource, name, namespace)
      return stored?.metadata.resourceVersion === String(revision) ? stored : written.at(revision)
    } finally {
      if (isFirst) this.#underWay.delete(key)
    }
  }

  #restore({ key, value, modRevision }: KeyValue): void {
    const place = parseObjectKey(key)
    try {
      if (!place) throw new Error('the key has not the form registry/<resource>/<namespace>/<name>')
      this.#indexOf(place.resource).set(decode(value, modRevision, this.#common))
    } catch (error) {
      throw new Error(`the store holds something unreadable at "${key}": ${errorMessage(error)}`, {
        cause: error,
      })
    }
  }

  #follow(event: KeyValueEvent): void {
    this.#revision = event.revision
    const key = event.type === 'put' ? event.current.key : event.key
    const place = parseObjectKey(key)
    if (!place) return
    const { resource, namespace, name } = place
    const index = this.#indexOf(resource)
    if (event.type === 'put') {
      const { value } = event.current
      const written = this.#underWay.get(key)
      const object =
        written?.text === value ? written.at(event.revision) : decode(value, event.revision, this.#common)
      const previous = index.set(object)
      const type = previous ? 'MODIFIED' : 'ADDED'
      const change = {
        type,
        resource,
        object,
        ...(previous ? { previous } : {}),
        revision: event.revision,
      } as const
      this.#log.push(Object.freeze(change), value.length)
      return
    }
    const previous = index.delete(name, namespace)
    if (!previous) return
    const object = atRevision(previous, event.revision)
    const change = { type: 'DELETED', resource, object, previous, revision: event.revision } as const
    this.#log.push(Object.freeze(change), key.length)
  }

  #indexOf(resource: string): ObjectIndex {
    let index = this.#resources.get(resource)
    if (!index) {
      index = new ObjectIndex()
      this.#resources.set(resource, index)
    }
    return index
  }
}
