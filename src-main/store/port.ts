import type { Dispose } from '../lib/disposer.ts'

/**
 * A committed value. Revisions count every change of the whole store; an empty store is at 1. They only ever grow, also
 * over restarts; a write that failed may leave a gap.
 */
export interface KeyValue {
  key: string
  value: string
  createRevision: number
  modRevision: number
}

export type KeyValueEvent =
  { type: 'put'; revision: number; current: KeyValue } | { type: 'delete'; revision: number; key: string }

/** The key's revision was not the expected one; `actual` is 0 when there is no such key. */
export class RevisionMismatch extends Error {
  readonly key: string
  readonly expected: number
  readonly actual: number

  constructor(key: string, expected: number, actual: number) {
    super(`${key} is at revision ${actual}, not ${expected}`)
    this.name = 'RevisionMismatch'
    this.key = key
    this.expected = expected
    this.actual = actual
  }
}

/** The events after the asked revision are no longer kept. */
export class RevisionCompacted extends Error {
  readonly oldest: number

  constructor(revision: number, oldest: number) {
    super(`revision ${revision} is older than the oldest kept change (${oldest})`)
    this.name = 'RevisionCompacted'
    this.oldest = oldest
  }
}

/**
 * What Coxswain needs from a database, and nothing more, so that another one (etcd) can take NeDB's place.
 * Keys are paths such as `pods/shop/web-1`.
 */
export interface KeyValueStore {
  /** Revision of the newest committed change. */
  readonly revision: number
  get(key: string): Promise<KeyValue | undefined>
  /** Every key that begins with `prefix`, in key order. */
  range(prefix: string): Promise<KeyValue[]>
  /**
   * Sets (or with `null` deletes) a key if its modRevision is `expected` (0: it must not exist).
   * A key with a write under way counts as changed: the second of two simultaneous writers gets RevisionMismatch.
   * Resolves with the new revision once the change is on disk and watchers were told.
   * @throws RevisionMismatch; StoreUnavailable when the disk refuses the write (nothing is changed then)
   */
  compareAndSwap(key: string, expected: number, value: string | null): Promise<number>
  /** Resolves when no write to the key is under way: at once, or when that one is committed or has failed. */
  settled(key: string): Promise<void>
  /**
   * Every change after `revision`, first the kept ones, then each as it is committed; called in order, synchronously.
   * @throws RevisionCompacted
   */
  watch(revision: number, listener: (event: KeyValueEvent) => void): Dispose
  /** Exclusive right under a name while this process lives; rejects when another process holds it. */
  lease(name: string): Promise<Dispose>
  close(): Promise<void>
}

/** The store could not write or is closed; nothing was changed. The message says whether trying again can help. */
export class StoreUnavailable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'StoreUnavailable'
  }
}
