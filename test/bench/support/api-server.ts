import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
import { createLogger } from '../../../src-main/lib/logger.ts'
import { keyFile } from '../../../src-main/store/key-file.ts'
import { openObjectStore } from '../../../src-main/store/open.ts'
import { httpClient, type HttpClient } from './http-client.ts'
import { pod } from './pod-document.ts'

const logger = await createLogger('warn')

/** An API server in a process of its own, over a store on disk, as `cox serve` has it: with audit, without controllers. */
export interface ApiProcess {
  client: HttpClient
  /** A client with connections of its own. */
  anotherClient(): HttpClient
  /** The longest time that the server's event loop was kept from its work since it was asked last, in ms. */
  longestBlock(): Promise<number>
  /** Seconds of processor time that the server has used so far. */
  cpuSeconds(): Promise<number>
  /** Resident memory of the server in bytes, after a garbage collection. */
  memory(): Promise<number>
  stop(): Promise<void>
}

type Message =
  | { address: string; authority: string; token: string }
  | { blockedMs: number }
  | { bytes: number }
  | { cpuSeconds: number }

/** Runs in the child: `bundle` exports this function. */
export async function serveStore(dataDir: string, pods: number): Promise<void> {
  const store = await openObjectStore({
    dataDir,
    keyProvider: keyFile(join(dataDir, 'key')),
    encrypted: resource => resource === 'secrets',
    clock,
    logger,
  })
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
  const send = (message: Message) => process.send?.(message)
  const blocks = monitorEventLoopDelay({ resolution: 10 })
  blocks.enable()
  process.on('message', question => {
    if (question === 'blocked') {
      // the monitor's own interval is part of what it measures
      send({ blockedMs: Math.max(0, blocks.max / 1e6 - 10) })
      blocks.reset()
    } else if (question === 'cpu') {
      const { user, system } = process.cpuUsage()
      send({ cpuSeconds: (user + system) / 1e6 })
    } else {
      globalThis.gc?.()
      send({ bytes: process.memoryUsage().rss })
    }
  })
  process.on('disconnect', () => process.exit())
  send({ address, authority: identity.authority, token: identity.token })
}

/** @param bundle file URL of a module that exports `serveStore` */
export async function startApi(bundle: string, pods: number): Promise<ApiProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'coxswain-bench-'))
  const program = `const { serveStore } = await import(${JSON.stringify(bundle)}); await serveStore(${JSON.stringify(dataDir)}, ${pods})`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const answer = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`the API server ended with ${code}`)
      }),
    ])
    return message as never
  }
  const { address, authority, token } = (await answer()) as Extract<Message, { address: string }>
  const ask = async <T>(question: string): Promise<T> => {
    child.send(question)
    return answer() as Promise<T>
  }
  const client = httpClient(address, { authority, token })
  return {
    client,
    anotherClient: () => httpClient(address, { authority, token }),
    longestBlock: async () => (await ask<{ blockedMs: number }>('blocked')).blockedMs,
    cpuSeconds: async () => (await ask<{ cpuSeconds: number }>('cpu')).cpuSeconds,
    memory: async () => (await ask<{ bytes: number }>('memory')).bytes,
    async stop() {
      client.close()
      child.kill()
      await exited.catch(() => undefined)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
