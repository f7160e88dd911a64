import type { Dispose } from '../lib/disposer.ts'
import type { Requirement } from '../lib/labels.ts'

/** The least that the store needs to know of an object. */
export interface StoredObject {
  metadata: {
    name: string
    namespace?: string
    uid: string
    resourceVersion: string
    labels?: Record<string, string>
    ownerReferences?: { uid: string }[]
  }
  spec?: { nodeName?: unknown } | unknown
}

export interface StoreSelection {
  namespace?: string
  labels?: readonly Requirement[]
  owner?: string
  node?: string
}

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: string
  object: StoredObject
  previous?: StoredObject
  revision: number
}

/**
 * All objects, in memory, indexed by resource, namespace, label, owner uid and node; every write goes through the
 * KeyValueStore first. Objects given out are deeply frozen. `resource` is `pods`, `deployments.apps`, …
 */
export interface ObjectStore {
  /** Revision of the newest committed change: the resourceVersion of a list. */
  readonly revision: number
  get(resource: string, name: string, namespace?: string): StoredObject | undefined
  /** In key order (namespace, name). */
  list(resource: string, selection?: StoreSelection): StoredObject[]
  /** Rejects with RevisionMismatch when it exists. Resolves, once on disk, with the object and its resourceVersion. */
  create(resource: string, object: StoredObject): Promise<StoredObject>
  /** Rejects with RevisionMismatch unless the stored object is at `object.metadata.resourceVersion`. */
  update(resource: string, object: StoredObject): Promise<StoredObject>
  /** Rejects with RevisionMismatch unless at `resourceVersion`. Resolves with the last state, at the deletion's resourceVersion. */
  delete(resource: string, object: StoredObject): Promise<StoredObject>
  /** Resolves when no write to the object is under way: at once, or when that one is on disk or has failed. */
  settled(resource: string, name: string, namespace?: string): Promise<void>
  /**
   * Changes of one resource (or of all: undefined) after `revision` (undefined: from now on), in order, synchronously.
   * @throws RevisionCompacted when changes after `revision` are no longer kept
   */
  watch(
    resource: string | undefined,
    revision: number | undefined,
    listener: (event: StoreEvent) => void,
  ): Dispose
  close(): Promise<void>
}
