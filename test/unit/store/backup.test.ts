import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { restoreStore, StoreExists } from '../../../src-main/store/backup.ts'
import { keyFile } from '../../../src-main/store/key-file.ts'
import { DamagedFile } from '../../../src-main/store/nedb/damage.ts'
import { openObjectStore } from '../../../src-main/store/open.ts'
import { object } from './stores.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
  file = join(folder, 'backup.db')
})
afterEach(() => rm(folder, { recursive: true }))

function open(name: string) {
  return openObjectStore({
    dataDir: join(folder, name),
    keyProvider: keyFile(join(folder, 'key')),
    encrypted: resource => resource === 'secrets',
    clock: systemClock,
    logger: silentLogger,
  })
}

describe('backup', () => {
  it('while writes go on holds exactly the state of the revision it names', async () => {
    const store = await open('a')
    const states = new Map<number, string[]>()
    const names = new Set<string>()
    store.watch(undefined, undefined, event => {
      if (event.type === 'DELETED') names.delete(event.object.metadata.name)
      else names.add(event.object.metadata.name)
      states.set(event.revision, [...names].sort())
    })
    const writes = Array.from({ length: 300 }, async (_, i) => {
      const stored = await store.create('secrets', object(`s${i}`))
      if (i % 3 === 0) await store.delete('secrets', stored)
    })
    await writes[20]
    const revision = await store.backup(file)
    await Promise.all(writes)
    await store.close()

    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await restoreStore(file, join(folder, 'b'))
    const restored = await open('b')
    expect(restored.revision).toBe(revision)
    expect(restored.list('secrets').map(({ metadata }) => metadata.name)).toEqual(states.get(revision))
    await restored.close()
  })

  it('that cannot be written says so and leaves the store working', async () => {
    const store = await open('a')
    await expect(store.backup('/proc/backup.db')).rejects.toThrow()
    await store.backup(file)
    await store.create('pods', object('a'))
    await store.close()
  })

  it('is refused where there is a store already, and left alone when it is damaged', async () => {
    const store = await open('a')
    await store.backup(file)
    await store.close()
    await expect(restoreStore(file, join(folder, 'a'))).rejects.toThrow(StoreExists)
    await restoreStore(file, join(folder, 'b'))
    await appendFile(file, '{"_id":"cut')
    const text = await readFile(file, 'utf8')
    await expect(restoreStore(file, join(folder, 'c'))).rejects.toThrow(DamagedFile)
    expect(await readFile(file, 'utf8')).toBe(text)
    await (await open('c')).close()
  })
})
