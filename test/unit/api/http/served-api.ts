import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditLog } from '../../../../src-main/api/audit/audit-log.ts'
import { loadIdentity } from '../../../../src-main/api/auth/identity.ts'
import { writeKubeconfig } from '../../../../src-main/api/auth/kubeconfig.ts'
import { type ApiServer, createApiServer } from '../../../../src-main/api/http/server.ts'
import { followDefinitions } from '../../../../src-main/api/custom/definitions.ts'
import { kinds as ownKinds } from '../../../../src-main/api/kinds/index.ts'
import { KindSet } from '../../../../src-main/api/kinds/kind-set.ts'
import type { Doctor } from '../../../../src-main/api/doctor.ts'
import { ensureNamespaces } from '../../../../src-main/api/namespaces.ts'
import type { MetricsSource } from '../../../../src-main/api/metrics/metrics-source.ts'
import type { PodStreams } from '../../../../src-main/api/pod-streams.ts'
import { Registry } from '../../../../src-main/api/registry.ts'
import { systemClock } from '../../../../src-main/lib/clock.ts'
import { silentLogger as logger } from '../../../../src-main/lib/logger.ts'
import { MemoryKeyValueStore } from '../../../../src-main/store/memory.ts'
import { KeyValueObjectStore } from '../../../../src-main/store/objects.ts'
import type { KeyValueStore } from '../../../../src-main/store/port.ts'

/** An API server on a memory store or the one it is given, without anything behind it. */
export interface ServedApi {
  registry: Registry
  server: ApiServer
  /** https://127.0.0.1:… */
  tls: string
  /** http://127.0.0.1:… */
  window: string
  token: string
  authority: string
  kubeconfig: string
  folder: string
  stop(): Promise<void>
}

/** What stands behind the API beside its store. */
export interface Behind {
  streams?: PodStreams
  metrics?: MetricsSource
  doctor?: Doctor
  audit?: AuditLog
  rendererDir?: string
}

export async function serveApi(
  behind: Behind = {},
  kv: KeyValueStore = new MemoryKeyValueStore(),
): Promise<ServedApi> {
  const folder = await mkdtemp(join(tmpdir(), 'api-'))
  const store = await KeyValueObjectStore.load(kv, { logger })
  const registry = new Registry({ store, clock: systemClock })
  const kinds = new KindSet(ownKinds)
  followDefinitions({ client: registry, kinds })
  await ensureNamespaces(registry)
  const identity = await loadIdentity(join(folder, 'pki'), systemClock)
  const server = createApiServer({
    registry,
    kinds,
    clock: systemClock,
    logger,
    identity,
    ...behind,
  })
  const tls = await server.listenTls({ port: 0 })
  const window = await server.listenWindow({ port: 0 })
  const kubeconfig = join(folder, 'kubeconfig')
  await writeKubeconfig(kubeconfig, { server: tls, authority: identity.authority, token: identity.token })
  return {
    registry,
    server,
    tls,
    window,
    token: identity.token,
    authority: identity.authority,
    kubeconfig,
    folder,
    async stop() {
      await server.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
