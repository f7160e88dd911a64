import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Dispose } from '../lib/disposer.ts'
import { makeFolder } from '../lib/folders.ts'
import type { Logger } from '../lib/logger.ts'
import type { WatchWindow } from './change-log.ts'
import { EncryptedKeyValueStore, openCipher, type KeyProvider } from './encryption.ts'
import { LockHeld, takeLock } from './lock-file.ts'
import { diskError } from './nedb/disk-error.ts'
import { NedbKeyValueStore } from './nedb/key-value-store.ts'
import { parseObjectKey } from './object-keys.ts'
import type { ObjectStore } from './object-store.ts'
import { KeyValueObjectStore } from './objects.ts'

/** Another process owns the data folder. */
export class DataFolderInUse extends Error {
  readonly pid: number
  readonly dataDir: string

  constructor(pid: number, dataDir: string, cause: unknown) {
    super(
      `the data folder ${dataDir} is in use by process ${pid}${pid === process.pid ? ' (this one)' : ''}: close that ` +
        'Coxswain first, or choose another folder',
      { cause },
    )
    this.name = 'DataFolderInUse'
    this.pid = pid
    this.dataDir = dataDir
  }
}

export interface OpenOptions {
  dataDir: string
  keyProvider: KeyProvider
  /** Which resources' objects are encrypted at rest: `secrets`, … */
  encrypted: (resource: string) => boolean
  clock: Clock
  logger: Logger
  /** How many changes a watch may begin in the past; 10,000 and 64 MiB unless told. */
  watchWindow?: WatchWindow
}

/** An ObjectStore on disk. */
export interface DurableObjectStore extends ObjectStore {
  /**
   * Copies everything into a file, consistent as of one revision, while writes go on; see `restoreStore`. What is
   * encrypted stays so, and the key is not in it.
   * @returns the revision it holds
   * @throws StoreUnavailable when the file cannot be written
   */
  backup(file: string): Promise<number>
}

/** The objects keep the window; nobody watches the journal from the past. */
const NO_WINDOW: WatchWindow = { events: 0, bytes: 0 }

/** The store's own folder inside a data folder. */
export function storeDir(dataDir: string): string {
  return join(dataDir, 'store')
}

/** The file in the store's folder that says who owns it. */
export const LOCK = 'owner.lock'

/** Makes the store's folder and takes possession of it. @throws DataFolderInUse; StoreUnavailable */
export async function claimStore(dataDir: string): Promise<Dispose> {
  try {
    await makeFolder(storeDir(dataDir), 0o700)
    return await takeLock(join(storeDir(dataDir), LOCK))
  } catch (error) {
    if (error instanceof LockHeld) throw new DataFolderInUse(error.pid, dataDir, error)
    throw diskError(dataDir, error)
  }
}

/**
 * Opens (or creates) the objects of a data folder; the folder belongs to this process until `close()`.
 * @throws DataFolderInUse; DamagedFile; DecryptionFailed; StoreUnavailable; what the key provider throws
 */
export async function openObjectStore(options: OpenOptions): Promise<DurableObjectStore> {
  const { dataDir, clock, logger } = options
  const release = await claimStore(dataDir)
  let opened: NedbKeyValueStore | undefined
  try {
    const kv = await NedbKeyValueStore.open({ dir: storeDir(dataDir), clock, logger, watchWindow: NO_WINDOW })
    opened = kv
    const encrypted = new EncryptedKeyValueStore(kv, await openCipher(kv, options.keyProvider), key => {
      const place = parseObjectKey(key)
      return place !== undefined && options.encrypted(place.resource)
    })
    const store = await KeyValueObjectStore.load(encrypted, {
      logger,
      ...(options.watchWindow ? { watchWindow: options.watchWindow } : {}),
      onClose: async () => release(),
    })
    return Object.assign(store, { backup: (file: string) => kv.backup(file) })
  } catch (error) {
    await opened?.close()
    release()
    throw error
  }
}
