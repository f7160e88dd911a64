import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createAuditLog } from '../../../src-main/api/audit/audit-log.ts'
import { loadIdentity } from '../../../src-main/api/auth/identity.ts'
import { createApiServer } from '../../../src-main/api/http/server.ts'
import { kinds } from '../../../src-main/api/kinds/index.ts'
import { KindSet } from '../../../src-main/api/kinds/kind-set.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import { systemClock as clock } from '../../../src-main/lib/clock.ts'
import { giveHeapRoom } from '../../../src-main/lib/heap-room.ts'
import { createLogger } from '../../../src-main/lib/logger.ts'
import { keyFile } from '../../../src-main/store/key-file.ts'
import { openObjectStore } from '../../../src-main/store/open.ts'
import { pod } from './pod-document.ts'
import { serve, type ServerProcess, startServer } from './server-process.ts'

const logger = await createLogger('warn')

/** An API server in a process of its own, over a store on disk, as `cox serve` has it: with audit, without controllers. */
export interface ApiProcess extends ServerProcess {
  /** The longest time that the server's event loop was kept from its work since it was asked last, in ms. */
  longestBlock(): Promise<number>
  /** Resident memory of the server in bytes, after a garbage collection. */
  memory(): Promise<number>
}

/** Runs in that process. */
export async function serveStore(dataDir: string, pods: number): Promise<void> {
  const store = await openObjectStore({
    dataDir,
    keyProvider: keyFile(join(dataDir, 'key')),
    encrypted: resource => resource === 'secrets',
    clock,
    logger,
  })
  giveHeapRoom({ changes: () => store.revision, clock })
  const registry = new Registry({ store, clock })
  await ensureNamespaces(registry)
  for (let start = 0; start < pods; start += 500) {
    const portion = Array.from({ length: Math.min(500, pods - start) }, (_, i) => start + i)
    await Promise.all(portion.map(n => registry.create(PodKind, pod(n))))
  }
  const identity = await loadIdentity(dataDir, clock)
  const audit = createAuditLog({ path: join(dataDir, 'audit.log'), clock, logger })
  const server = createApiServer({ registry, kinds: new KindSet(kinds), clock, logger, identity, audit })
  const address = await server.listenTls({ port: 0 })
  const blocks = monitorEventLoopDelay({ resolution: 10 })
  blocks.enable()
  serve(
    { address, authority: identity.authority, token: identity.token },
    {
      longestBlock() {
        // the monitor's own interval is part of what it measures
        const ms = Math.max(0, blocks.max / 1e6 - 10)
        blocks.reset()
        return ms
      },
      memory() {
        globalThis.gc?.()
        return process.memoryUsage().rss
      },
    },
  )
}

/** @param bundle file URL of a module that exports `serveStore` */
export async function startApi(bundle: string, pods: number): Promise<ApiProcess> {
  const server = await startServer(bundle, serveStore.name, pods)
  return {
    ...server,
    longestBlock: () => server.ask('longestBlock'),
    memory: () => server.ask('memory'),
  }
}
