import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import type { WatchWindow } from '../../../src-main/store/change-log.ts'
import { MemoryKeyValueStore } from '../../../src-main/store/memory.ts'
import { NedbKeyValueStore } from '../../../src-main/store/nedb/key-value-store.ts'
import type { KeyValueStore } from '../../../src-main/store/port.ts'
import type { StoredObject } from '../../../src-main/store/object-store.ts'

/** A KeyValueStore under test, which can be shut and opened again where it survives that. */
export interface Subject {
  kv: KeyValueStore
  reopen?: () => Promise<KeyValueStore>
  destroy(): Promise<void>
}

export const subjects: Record<string, (watchWindow?: WatchWindow) => Promise<Subject>> = {
  memory: async watchWindow => {
    const kv = new MemoryKeyValueStore(watchWindow ? { watchWindow } : {})
    return { kv, destroy: () => kv.close() }
  },
  nedb: async (watchWindow = { events: 10_000, bytes: 1e7 }) => {
    const dir = await mkdtemp(join(tmpdir(), 'store-'))
    const open = () =>
      // So low a floor makes the file compact itself all the time.
      NedbKeyValueStore.open({
        dir,
        clock: systemClock,
        logger: silentLogger,
        watchWindow,
        compactionFloor: 500,
      })
    let kv = await open()
    return {
      kv,
      reopen: async () => {
        await kv.close()
        return (kv = await open())
      },
      destroy: async () => {
        await kv.close()
        await rm(dir, { recursive: true })
      },
    }
  },
}

export function object(
  name: string,
  more: Partial<StoredObject['metadata']> = {},
  spec?: unknown,
): StoredObject {
  const metadata = { name, uid: `uid-${name}`, resourceVersion: '', ...more }
  return spec === undefined ? { metadata } : { metadata, spec }
}
