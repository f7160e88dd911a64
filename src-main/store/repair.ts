import { stat } from 'node:fs/promises'
import { claimStore, storeDir } from './open.ts'
import { inspect, setAside } from './nedb/damage.ts'
import { dataFile } from './nedb/key-value-store.ts'

export interface Repair {
  /** Numbers of the lines that were set aside. */
  lines: number[]
  /** The file that holds them now; absent when there was nothing to repair. */
  copy?: string
}

/**
 * Sets aside every unreadable line of a data folder's store, so that it opens again without them. The objects of those
 * lines are missing afterwards, or as they were before; the copy holds what was there.
 * @param now milliseconds since the epoch
 * @throws DataFolderInUse while a process has it open; Error when there is no store
 */
export async function repairStore(dataDir: string, now: number): Promise<Repair> {
  const file = dataFile(storeDir(dataDir))
  await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`there is no store in ${dataDir}`, { cause: error }) : error
  })
  const release = await claimStore(dataDir)
  try {
    const { middle, tail } = await inspect(file)
    const damage = [...middle, ...tail]
    if (damage.length === 0) return { lines: [] }
    return { lines: damage.map(({ line }) => line), copy: await setAside(file, damage, now) }
  } finally {
    release()
  }
}
