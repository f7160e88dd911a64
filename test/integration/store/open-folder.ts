import { join } from 'node:path'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { keyFile } from '../../../src-main/store/key-file.ts'
import type { ObjectStore, StoredObject } from '../../../src-main/store/object-store.ts'
import { openObjectStore } from '../../../src-main/store/open.ts'

export function openFolder(dataDir: string): Promise<ObjectStore> {
  return openObjectStore({
    dataDir,
    keyProvider: keyFile(join(dataDir, 'key')),
    encrypted: resource => resource === 'secrets',
    clock: systemClock,
    logger: silentLogger,
  })
}

export function configMap(name: string, size: number, content: string): StoredObject {
  const metadata = { name, namespace: 'test', uid: `uid-${name}`, resourceVersion: '' }
  return { metadata, data: { content, filling: 'x'.repeat(size) } } as StoredObject
}
