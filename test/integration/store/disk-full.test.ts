import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { NedbKeyValueStore } from '../../../src-main/store/nedb/key-value-store.ts'
import type { ObjectStore } from '../../../src-main/store/object-store.ts'
import { StoreUnavailable } from '../../../src-main/store/port.ts'
import { configMap, openFolder } from './open-folder.ts'

let disk: string
let dataDir: string

beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'full-'))
  dataDir = join(disk, 'data')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
})
afterEach(async () => {
  execFileSync('umount', ['--lazy', disk])
  await rmdir(disk)
})

const ballast = () => join(disk, 'ballast')

/** Takes all the room that is left, but for the given number of bytes. */
async function fillUp(leave: number): Promise<void> {
  const free = Number(execFileSync('df', ['--output=avail', '-B1', disk]).toString().split('\n')[1])
  await writeFile(ballast(), Buffer.alloc(free - leave))
}

async function createMany(store: ObjectStore, prefix: string, count: number, size: number) {
  const results = await Promise.allSettled(
    Array.from({ length: count }, (_, i) =>
      store.create('configmaps', configMap(`${prefix}-${i}`, size, 'x')),
    ),
  )
  const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  return { failures, done: results.length - failures.length }
}

describe('a full disk', () => {
  it('refuses a write as a whole, shows nothing of it, and takes writes again once there is room', async () => {
    const store = await openFolder(dataDir)
    const { done } = await createMany(store, 'before', 20, 1000)
    const told: string[] = []
    store.watch(undefined, undefined, event => told.push(event.object.metadata.name))
    await fillUp(20_000)
    const file = join(dataDir, 'store', 'objects.db')
    const { size } = await stat(file)
    const { revision } = store

    // One batch that does not fit although its first lines would.
    const { failures } = await createMany(store, 'during', 40, 1000)
    expect(failures).toHaveLength(40)
    for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailable)
    expect(String(failures[0])).toContain(`${join(dataDir, 'store')}: its disk is full; free some space`)
    expect(told).toEqual([])
    expect(store.list('configmaps')).toHaveLength(done)
    expect(store.revision).toBe(revision)
    expect((await stat(file)).size).toBe(size)

    await createMany(store, 'small', 1, 10)
    expect(told).toEqual(['small-0'])
    await rm(ballast())
    expect(await createMany(store, 'after', 40, 1000)).toMatchObject({ failures: [] })
    expect(store.revision).toBeGreaterThan(revision)
    const list = store.list('configmaps')
    await store.close()

    const again = await openFolder(dataDir)
    expect(again.list('configmaps')).toEqual(list)
    await again.close()
  })

  it('fills up write by write without losing one that was acknowledged', async () => {
    const store = await openFolder(dataDir)
    let acknowledged = 0
    for (;;) {
      const { done, failures } = await createMany(store, `round-${acknowledged}`, 10, 7000)
      acknowledged += done
      if (failures.length > 0) break
    }
    expect(store.list('configmaps')).toHaveLength(acknowledged)
    await store.close()
    // Opening rewrites the file, for which there is no room: it says so and leaves the file alone.
    await expect(openFolder(dataDir)).rejects.toThrow(StoreUnavailable)
    await expect(openFolder(dataDir)).rejects.toThrow('its disk is full; free some space')
    expect(await readdir(join(dataDir, 'store'))).toEqual(['objects.db'])
    execFileSync('mount', ['-o', 'remount,size=16m', disk])
    const again = await openFolder(dataDir)
    expect(again.list('configmaps')).toHaveLength(acknowledged)
    await again.close()
  })

  it('with no room to compact goes on taking writes, and compacts once there is room', async () => {
    const warnings: string[] = []
    const logger = {
      ...silentLogger,
      debug: () => undefined,
      warn: (_: object, text: string) => warnings.push(text),
    }
    const dir = join(dataDir, 'store')
    const options = { dir, clock: systemClock, logger, watchWindow: { events: 0, bytes: 0 } }
    const kv = await NedbKeyValueStore.open({ ...options, compactionFloor: 100_000 })
    const revisions = new Map<string, number>()
    const overwrite = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const key = `k${i % 10}`
        revisions.set(key, await kv.compareAndSwap(key, revisions.get(key) ?? 0, 'x'.repeat(100_000)))
        await kv.compacted()
      }
    }
    await overwrite(10)
    await fillUp(2_000_000)
    await overwrite(15)
    expect(warnings).not.toEqual([])
    expect(warnings[0]).toContain('could not compact, the file keeps growing until it can')
    const { size } = await stat(join(dir, 'objects.db'))
    execFileSync('mount', ['-o', 'remount,size=16m', disk])
    await overwrite(3)
    expect((await stat(join(dir, 'objects.db'))).size).toBeLessThan(size)
    expect((await kv.range('')).map(({ key, modRevision }) => [key, modRevision])).toEqual([...revisions])
    await kv.close()
  })
})
