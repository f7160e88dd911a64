import { constants } from 'node:fs'
import { copyFile, open, readdir, rename } from 'node:fs/promises'
import { basename } from 'node:path'
import { DamagedFile, inspect, syncDirectory } from './nedb/damage.ts'
import { diskError } from './nedb/disk-error.ts'
import { dataFile } from './nedb/key-value-store.ts'
import { claimStore, LOCK, storeDir } from './open.ts'

/** A data folder already has a store, which a restore would overwrite. */
export class StoreExists extends Error {
  readonly dataDir: string

  constructor(dataDir: string) {
    super(
      `the data folder ${dataDir} already holds objects: restore into an empty folder, or move this one away first`,
    )
    this.name = 'StoreExists'
    this.dataDir = dataDir
  }
}

/**
 * Puts a file that `backup` wrote into a data folder that has no store yet. The encryption key has to be put there
 * separately.
 * @throws StoreExists; DataFolderInUse; DamagedFile when the backup itself is damaged; StoreUnavailable
 */
export async function restoreStore(backup: string, dataDir: string): Promise<void> {
  const { middle, tail } = await inspect(backup)
  if (middle.length + tail.length > 0) throw new DamagedFile(backup, [...middle, ...tail])
  const release = await claimStore(dataDir)
  const file = dataFile(storeDir(dataDir))
  // What a restore that was cut short leaves behind, the next one overwrites.
  const part = `${file}.part`
  try {
    const others = (await readdir(storeDir(dataDir))).filter(name => name !== LOCK && name !== basename(part))
    if (others.length > 0) throw new StoreExists(dataDir)
    await copyFile(backup, part, constants.COPYFILE_FICLONE)
    const handle = await open(part, 'r+')
    try {
      await handle.chmod(0o600)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
    await syncDirectory(storeDir(dataDir))
  } catch (error) {
    throw diskError(storeDir(dataDir), error)
  } finally {
    release()
  }
}
