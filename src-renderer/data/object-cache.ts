import type { KubeObject } from '../../src-main/api/types.ts'

/** What one application of watch events changed; `removed` holds the objects as last known. */
export interface Changes<T extends KubeObject = KubeObject> {
  upserted: readonly T[]
  removed: readonly T[]
}

/** `namespace/name`, or the name alone for a cluster-scoped object. */
export function nameKey(object: { name: string; namespace?: string | undefined }): string {
  return object.namespace ? `${object.namespace}/${object.name}` : object.name
}

/** Objects of one kind, frozen, by uid and by name, grouped by the indexes it was made with. */
export class ObjectCache<T extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #uids = new Map<string, string>()
  readonly #indexes: Map<string, ObjectIndex<T>>
  readonly #listeners = new Set<(changes: Changes<T>) => void>()

  constructor(indexes: Record<string, (object: T) => string | undefined> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, keyOf]) => [name, new ObjectIndex(keyOf)]))
  }

  get size(): number {
    return this.#objects.size
  }

  get(uid: string): T | undefined {
    return this.#objects.get(uid)
  }

  byName(key: string): T | undefined {
    const uid = this.#uids.get(key)
    return uid === undefined ? undefined : this.#objects.get(uid)
  }

  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  /** The objects that an index files under `key`. */
  group(index: string, key: string): ReadonlySet<T> {
    return this.#indexes.get(index)?.group(key) ?? EMPTY
  }

  /** The key under which an index files this object. */
  keyIn(index: string, object: T): string | undefined {
    return this.#indexes.get(index)?.keyOf(object)
  }

  subscribe(listener: (changes: Changes<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Makes the cache hold exactly these objects: a fresh list. Objects whose version did not change stay the same. */
  replace(objects: readonly T[]): void {
    const uids = new Set(objects.map(object => object.metadata.uid))
    const gone = [...this.#objects.values()].filter(object => !uids.has(object.metadata.uid))
    const fresh = objects.filter(
      object =>
        this.#objects.get(object.metadata.uid)?.metadata.resourceVersion !== object.metadata.resourceVersion,
    )
    this.apply({ upserted: fresh, removed: gone })
  }

  apply(changes: Changes<T>): void {
    const removed = changes.removed
      .map(object => this.#objects.get(object.metadata.uid))
      .filter(object => object !== undefined)
    for (const object of removed) this.#drop(object)
    const upserted = changes.upserted.map(object => this.#put(object))
    if (upserted.length === 0 && removed.length === 0) return
    for (const listener of [...this.#listeners]) listener({ upserted, removed })
  }

  #put(object: T): T {
    const frozen = Object.freeze(object)
    const before = this.#objects.get(object.metadata.uid)
    for (const index of this.#indexes.values()) index.move(before, frozen)
    this.#objects.set(object.metadata.uid, frozen)
    this.#uids.set(nameKey(object.metadata), object.metadata.uid)
    return frozen
  }

  #drop(object: T): void {
    for (const index of this.#indexes.values()) index.move(object, undefined)
    this.#objects.delete(object.metadata.uid)
    // a successor of the same name may already be there
    const key = nameKey(object.metadata)
    if (this.#uids.get(key) === object.metadata.uid) this.#uids.delete(key)
  }
}

const EMPTY: ReadonlySet<never> = new Set<never>()

class ObjectIndex<T> {
  readonly keyOf: (object: T) => string | undefined
  readonly #groups = new Map<string, Set<T>>()

  constructor(keyOf: (object: T) => string | undefined) {
    this.keyOf = keyOf
  }

  group(key: string): ReadonlySet<T> | undefined {
    return this.#groups.get(key)
  }

  move(before: T | undefined, after: T | undefined): void {
    const from = before && this.keyOf(before)
    if (before && from !== undefined) {
      const group = this.#groups.get(from)
      group?.delete(before)
      if (group?.size === 0) this.#groups.delete(from)
    }
    const to = after && this.keyOf(after)
    if (!after || to === undefined) return
    const group = this.#groups.get(to)
    if (group) group.add(after)
    else this.#groups.set(to, new Set([after]))
  }
}
