import { chmod, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { Dispose } from '../../lib/disposer.ts'
import { errorMessage } from '../../lib/errors.ts'
import { makeFolder } from '../../lib/folders.ts'
import type { Logger } from '../../lib/logger.ts'
import { ChangeLog, type WatchWindow } from '../change-log.ts'
import { GroupCommit, type Change } from '../group-commit.ts'
import { takeLock } from '../lock-file.ts'
import type { KeyValue, KeyValueEvent, KeyValueStore } from '../port.ts'
import { Compaction, type Pace, syncDirectoryOf } from './compaction.ts'
import { DataFile } from './data-file.ts'
import { diskError } from './disk-error.ts'
import { formatLine, parseLine } from './line.ts'
import { loadWithNedb, type Entry, type Loaded } from './load.ts'

export interface NedbOptions {
  /** Folder of the data file; created with mode 0700. */
  dir: string
  clock: Clock
  logger: Logger
  watchWindow: WatchWindow
  /** A file smaller than this is not compacted while running. */
  compactionFloor?: number
}

/** The data file in a store's folder. */
export function dataFile(dir: string): string {
  return join(dir, 'objects.db')
}

const COMPACTION_FLOOR = 16 * 1024 * 1024
/** Room for what is written meanwhile. */
const COMPACTION_MARGIN = 1024 * 1024

/**
 * A KeyValueStore in one NeDB data file. NeDB reads it at the start; after that this class appends to it in NeDB's
 * format, because NeDB neither flushes what it writes nor takes back what it could not write. Values stay in the file.
 */
export class NedbKeyValueStore implements KeyValueStore {
  readonly #options: NedbOptions
  readonly #path: string
  readonly #entries: Map<string, Entry>
  readonly #commits: GroupCommit
  readonly #log: ChangeLog<KeyValueEvent>
  #file: DataFile
  /** Bytes of the lines that count. */
  #live = 0
  #compactAbove: number
  #compacting: Promise<unknown> | undefined
  #directoryUnsynced = false
  readonly #closing = new AbortController()

  private constructor(options: NedbOptions, path: string, file: DataFile, loaded: Loaded) {
    this.#options = options
    this.#path = path
    this.#file = file
    this.#entries = loaded.entries
    for (const { length } of loaded.entries.values()) this.#live += length
    this.#compactAbove = this.#threshold()
    this.#log = new ChangeLog(loaded.revision, options.watchWindow, options.logger)
    this.#commits = new GroupCommit({
      revision: loaded.revision,
      current: key => this.#entries.get(key),
      write: changes => this.#write(changes),
      committed: changes => this.#tell(changes),
    })
  }

  /**
   * The caller must hold the folder (see `takeLock`).
   * @throws DamagedFile; StoreUnavailable when the disk is full or cannot be written
   */
  static async open(options: NedbOptions): Promise<NedbKeyValueStore> {
    const path = dataFile(options.dir)
    try {
      await makeFolder(options.dir, 0o700)
      await chmod(options.dir, 0o700)
      const loaded = await loadWithNedb(path, { now: () => options.clock.now(), logger: options.logger })
      return new NedbKeyValueStore(options, path, await DataFile.open(path, 'r+'), loaded)
    } catch (error) {
      throw diskError(options.dir, error)
    }
  }

  get revision(): number {
    return this.#commits.revision
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const [found] = await this.#read(this.#entries.has(key) ? [key] : [])
    return found
  }

  async range(prefix: string): Promise<KeyValue[]> {
    const found = await this.#read([...this.#entries.keys()].filter(key => key.startsWith(prefix)))
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

  lease(name: string): Promise<Dispose> {
    return takeLock(join(this.#options.dir, `${name}.lock`))
  }

  /** Resolves once a compaction under way has ended. */
  async compacted(): Promise<void> {
    await this.#compacting
  }

  /**
   * Writes a data file of its own with everything that is committed, while writes go on; replaces `file` at the end.
   * @returns the revision that it holds
   * @throws StoreUnavailable when there is no room for it; the store itself is not touched
   */
  async backup(file: string): Promise<number> {
    // A compaction would take the file away from under the copy.
    while (this.#compacting) await this.#compacting
    const copying = this.#copyTo(file)
    this.#compacting = copying.then(
      () => (this.#compacting = undefined),
      () => (this.#compacting = undefined),
    )
    return copying
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#commits.close()
    await this.#compacting
    await this.#file.retire()
  }

  async #read(keys: readonly string[]): Promise<KeyValue[]> {
    // Copies, because a compaction may move the entries while the old file is being read.
    const spans = keys.flatMap(key => {
      const entry = this.#entries.get(key)
      return entry ? [{ key, ...entry }] : []
    })
    spans.sort((a, b) => a.offset - b.offset)
    const found: KeyValue[] = []
    for await (const group of this.#file.read(spans)) {
      for (const { span, bytes } of group) {
        const line = parseLine(bytes.toString('utf8'))
        if (line?.type !== 'put' || line.key !== span.key) {
          throw new Error(
            `${this.#path} was changed by another program: "${span.key}" is not where it was written`,
          )
        }
        const { key, value, createRevision, modRevision } = line
        found.push({ key, value, createRevision, modRevision })
      }
    }
    return found
  }

  async #write(changes: readonly Change[]): Promise<void> {
    const lines = changes.map(change => lineOf(change))
    const last = changes.at(-1)
    // Otherwise the newest value's modRevision is the counter.
    if (last?.value === null) lines.push(encode({ type: 'counter', revision: last.revision }))
    let offset: number
    try {
      if (this.#directoryUnsynced) await this.#syncDirectory()
      offset = await this.#file.append(Buffer.concat(lines))
    } catch (error) {
      const unavailable = diskError(this.#options.dir, error)
      this.#options.logger.error({ err: error, writes: changes.length }, errorMessage(unavailable))
      throw unavailable
    }
    changes.forEach((change, index) => {
      const length = lines[index]?.length ?? 0
      this.#index(change, { offset, length })
      offset += length
    })
    if (this.#file.size > this.#compactAbove) this.#startCompaction()
  }

  #index({ key, value, createRevision, revision }: Change, span: { offset: number; length: number }): void {
    this.#live -= this.#entries.get(key)?.length ?? 0
    if (value === null) {
      this.#entries.delete(key)
      return
    }
    this.#live += span.length
    this.#entries.set(key, { createRevision, modRevision: revision, ...span })
  }

  #tell(changes: readonly Change[]): void {
    for (const { key, value, revision, createRevision } of changes) {
      if (value === null) this.#log.push({ type: 'delete', key, revision }, key.length)
      else {
        const current = { key, value, createRevision, modRevision: revision }
        this.#log.push({ type: 'put', revision, current }, value.length)
      }
    }
  }

  /** Half of the file may be outdated lines, so that each byte is rewritten about once. */
  #threshold(): number {
    return Math.max(this.#options.compactionFloor ?? COMPACTION_FLOOR, this.#live * 2)
  }

  #startCompaction(): void {
    if (this.#compacting || this.#file.size <= this.#threshold()) return
    this.#compacting = this.#compact()
      .catch((error: unknown) => {
        this.#compactAbove = this.#file.size + (this.#options.compactionFloor ?? COMPACTION_FLOOR)
        const file = this.#path
        this.#options.logger.warn(
          { err: error, file },
          `could not compact, the file keeps growing until it can: ${errorMessage(diskError(this.#options.dir, error))}`,
        )
      })
      .finally(() => (this.#compacting = undefined))
  }

  async #compact(): Promise<void> {
    const before = this.#file
    let compaction: Compaction | undefined
    let revision = 0
    await this.#needRoom()
    try {
      await this.#commits.between(async () => {
        revision = this.revision
        compaction = await Compaction.begin(this.#path, before, this.#entries.values(), this.#pace())
      })
      await compaction?.copy(revision)
      await this.#commits.between(async () => {
        const finished = await compaction?.finish()
        if (!finished) return
        finished.move(this.#entries.values())
        this.#file = finished.file
        compaction = undefined
        // Until the new name is on the disk, a power cut could bring the old file back: no write may be acknowledged.
        this.#directoryUnsynced = true
        await this.#syncDirectory()
      })
    } finally {
      await compaction?.abandon()
    }
    this.#compactAbove = this.#threshold()
    const sizes = { before: before.size, after: this.#file.size }
    await before.retire()
    this.#options.logger.debug({ file: this.#path, ...sizes }, 'compacted')
  }

  /** Asks first, because trying would take the last room on the disk away from the writes. */
  async #needRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#options.dir)
    const needed = this.#live + COMPACTION_MARGIN
    if (bavail * bsize >= needed) return
    throw new Error(
      `it takes ${needed} bytes on the disk of ${this.#options.dir}, ${bavail * bsize} are free`,
    )
  }

  async #copyTo(file: string): Promise<number> {
    let copy: Compaction | undefined
    let revision = 0
    try {
      await this.#commits.between(async () => {
        revision = this.revision
        copy = await Compaction.begin(file, this.#file, this.#entries.values(), this.#pace())
      })
      await copy?.copy(revision)
      await this.#commits.between(async () => {
        revision = this.revision
        const finished = await copy?.finish()
        await finished?.file.retire()
        copy = undefined
        await syncDirectoryOf(file)
      })
      return revision
    } catch (error) {
      throw diskError(dirname(file), error)
    } finally {
      await copy?.abandon()
    }
  }

  #pace(): Pace {
    return { clock: this.#options.clock, hurry: this.#closing.signal }
  }

  async #syncDirectory(): Promise<void> {
    await syncDirectoryOf(this.#path)
    this.#directoryUnsynced = false
  }
}

function lineOf({ key, value, createRevision, revision }: Change): Buffer {
  return value === null
    ? encode({ type: 'delete', key })
    : encode({ type: 'put', key, value, createRevision, modRevision: revision })
}

function encode(line: Parameters<typeof formatLine>[0]): Buffer {
  return Buffer.from(`${formatLine(line)}\n`)
}
