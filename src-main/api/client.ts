import type { Dispose } from '../lib/disposer.ts'
import type { Kind, Selection } from './kinds/kind.ts'
import type { KubeObject, NewObject } from './types.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED'

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: WatchEventType
  /** For DELETED: the last state, with the deletion's resourceVersion. */
  object: T
  /** The state before, for MODIFIED and DELETED. */
  previous?: T
}

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
}

export interface WriteOptions {
  /** Validate and default, return the result, store nothing. */
  dryRun?: boolean
  /** Who writes, for managedFields. */
  fieldManager?: string
}

/**
 * The API as the control plane's own parts use it, in process: same defaults, validation and strategies as over
 * HTTP, no wire. Reads are synchronous, from memory, and give frozen objects: change a copy (`modify` gives one).
 * All writes reject with a StatusError, and resolve only when the change is on disk.
 */
export interface Client {
  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace?: string): T | undefined
  list<T extends KubeObject>(kind: Kind<T>, selection?: Selection): T[]
  create<T extends KubeObject>(kind: Kind<T>, object: NewObject<T>, options?: WriteOptions): Promise<T>
  /** Replaces spec and metadata; Conflict when `metadata.resourceVersion` is not the stored one. */
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  /** Replaces only `status`. */
  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  /**
   * Read, change a copy, write; again on Conflict. Writes nothing when `change` changed nothing.
   * @param change mutates the draft; it may run several times
   * @returns the stored object, or undefined when there is none of that name (any more)
   */
  modify<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    change: (draft: T) => void,
  ): Promise<T | undefined>
  /** As `modify`, for `status` only. */
  modifyStatus<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    change: (draft: T) => void,
  ): Promise<T | undefined>
  /** NotFound is not an error here: the wish is fulfilled. Other failures reject. */
  delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>
  /** Calls `listener` for each change committed from now on, in order, synchronously. */
  watch<T extends KubeObject>(kind: Kind<T>, listener: (event: WatchEvent<T>) => void): Dispose
}

export interface ObjectKey {
  name: string
  namespace?: string
}

/** `namespace/name`, or `name` for cluster-scoped kinds: the key of work queues. */
export function keyOf({ metadata }: { metadata: ObjectKey }): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name
}

/** The reverse of `keyOf`. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
