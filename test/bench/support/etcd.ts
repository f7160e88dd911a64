import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cpuSeconds } from './cpu-seconds.ts'
import { httpClient, type HttpClient } from './http-client.ts'

const run = promisify(execFile)
const APT_INSTALL = fileURLToPath(new URL('../../lab/apt-install', import.meta.url))

/** Debian's etcd on loopback, spoken to over its JSON gateway (which adds some 0.1 ms to what its gRPC takes). */
export interface Etcd {
  version: string
  /** Seconds of processor time that it has used so far. */
  cpuSeconds(): Promise<number>
  get(key: string): Promise<void>
  put(key: string, value: string): Promise<void>
  /** Resolves when the watch is there; `seen` is called with the value of each change. */
  watch(prefix: string, seen: (value: string) => void): Promise<void>
  stop(): Promise<void>
}

export async function startEtcd(): Promise<Etcd> {
  await run('etcd', ['--version']).catch(() => run(APT_INSTALL, ['etcd-server']))
  const version = (await run('etcd', ['--version'])).stdout.match(/etcd Version: (\S+)/)?.[1] ?? 'unknown'
  const folder = await mkdtemp(join(tmpdir(), 'etcd-'))
  const clients = `http://127.0.0.1:${await freePort()}`
  const peers = `http://127.0.0.1:${await freePort()}`
  const options = {
    'data-dir': join(folder, 'data'),
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    'log-level': 'error',
  }
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const child = spawn('etcd', flags, { stdio: 'ignore' })
  const client = httpClient(clients)
  await untilHealthy(client)
  const call = async (path: string, body: object) => {
    const { code, body: answer } = await client.send('POST', path, JSON.stringify(body))
    if (code !== 200) throw new Error(`etcd answered ${code}: ${answer.toString()}`)
  }
  return {
    version,
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    get: key => call('/v3/kv/range', { key: base64(key) }),
    put: (key, value) => call('/v3/kv/put', { key: base64(key), value: base64(value) }),
    async watch(prefix, seen) {
      const create = { key: base64(prefix), range_end: base64(`${prefix}\u007f`) }
      const response = await client.open('POST', '/v3/watch', JSON.stringify({ create_request: create }))
      // it ends by being broken off
      await new Promise<void>(resolve => void follow(response, seen, resolve).catch(() => undefined))
    },
    async stop() {
      client.close()
      const exited = once(child, 'exit')
      child.kill()
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function follow(
  response: NodeJS.ReadableStream,
  seen: (value: string) => void,
  created: () => void,
): Promise<void> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { result } = JSON.parse(line) as {
        result: { created?: boolean; events?: { kv: { value: string } }[] }
      }
      if (result.created) created()
      for (const { kv } of result.events ?? []) seen(Buffer.from(kv.value, 'base64').toString())
    }
  }
}

async function untilHealthy(client: HttpClient): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const healthy = await client.send('GET', '/health').then(
      ({ code }) => code === 200,
      () => false,
    )
    if (healthy) return
    if (attempt > 100) throw new Error('etcd does not become healthy')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
