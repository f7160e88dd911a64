import { RevisionMismatch, StoreUnavailable } from './port.ts'

/** A checked change that has its revision and waits to be written. `value` is null for a deletion. */
export interface Change {
  key: string
  value: string | null
  createRevision: number
  revision: number
}

/** Revisions of a stored key. */
export interface Revisions {
  createRevision: number
  modRevision: number
}

interface Waiting extends Change {
  resolve(revision: number): void
  reject(error: unknown): void
}

interface GroupCommitOptions {
  revision: number
  /** Of a committed key; undefined when there is none. */
  current(key: string): Revisions | undefined
  /** Makes the changes durable, all or none. */
  write(changes: readonly Change[]): Promise<void>
  /** Called once they are durable, before their writers hear of it. */
  committed(changes: readonly Change[]): void
}

/** The size in characters at which a batch is closed, so that one write does not hold up the loop or the disk. */
const BATCH_SIZE = 4 * 1024 * 1024
/** And the number of changes: each is told to all who follow, in one go with the others of its batch. */
const BATCH_CHANGES = 500
/** What a change takes beside its key and its value, in characters: a deletion is work too. */
const CHANGE_SIZE = 512

/**
 * Many writers, one write to the disk at a time: while a batch is on its way, the next one gathers.
 * A key that is in neither batch is judged by its committed revision, any other counts as changed already. So no change
 * ever rests on one that may still fail.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #pending = new Map<string, number>()
  readonly #awaited = new Map<string, (() => void)[]>()
  #queue: Waiting[] = []
  #assigned: number
  #committed: number
  #running: Promise<void> | undefined
  #closed = false
  #pauses: (() => Promise<void>)[] = []

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#assigned = options.revision
    this.#committed = options.revision
  }

  get revision(): number {
    return this.#committed
  }

  submit(key: string, expected: number, value: string | null): Promise<number> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed', undefined))
    const current = this.#options.current(key)
    const actual = this.#pending.get(key) ?? current?.modRevision ?? 0
    if (this.#pending.has(key) || actual !== expected || (value === null && !current)) {
      return Promise.reject(new RevisionMismatch(key, expected, actual))
    }
    const revision = ++this.#assigned
    this.#pending.set(key, value === null ? 0 : revision)
    const change = { key, value, revision, createRevision: current?.createRevision ?? revision }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...change, resolve, reject })
      this.#start()
    })
  }

  /** Resolves when no change of the key waits or is being written. */
  settled(key: string): Promise<void> {
    if (!this.#pending.has(key)) return Promise.resolve()
    return new Promise(resolve => {
      this.#awaited.set(key, [...(this.#awaited.get(key) ?? []), resolve])
    })
  }

  /** Runs `work` when no batch is being written, and holds the next one back until it is done. */
  between(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pauses.push(() => work().then(resolve, reject))
      this.#start()
    })
  }

  /** Refuses new writes and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Lets everything that is written in this turn of the loop share the first batch.
    await Promise.resolve()
    for (;;) {
      const pause = this.#pauses.shift()
      if (pause) await pause()
      else if (this.#queue.length > 0) await this.#commit(this.#take())
      else break
    }
    this.#running = undefined
  }

  #take(): Waiting[] {
    let size = 0
    let count = 0
    for (const { key, value } of this.#queue) {
      if (size > BATCH_SIZE || count >= BATCH_CHANGES) break
      size += CHANGE_SIZE + key.length + (value?.length ?? 0)
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #commit(batch: Waiting[]): Promise<void> {
    let failure: unknown
    let failed = false
    try {
      await this.#options.write(batch)
    } catch (error) {
      failed = true
      failure = error
    }
    for (const { key } of batch) this.#pending.delete(key)
    if (failed) {
      for (const { reject } of batch) reject(failure)
    } else {
      this.#committed = batch.at(-1)?.revision ?? this.#committed
      this.#options.committed(batch)
      for (const { resolve, revision } of batch) resolve(revision)
    }
    for (const { key } of batch) this.#tellSettled(key)
  }

  #tellSettled(key: string): void {
    const awaited = this.#awaited.get(key)
    if (!awaited) return
    this.#awaited.delete(key)
    for (const resolve of awaited) resolve()
  }
}
