import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import ssh2, { type AcceptConnection, type ServerChannel } from 'ssh2'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { connectSsh } from '../../../src-main/ssh/connect.ts'
import type { SshTarget } from '../../../src-main/ssh/connection.ts'

const TIMEOUT_MS = 6000
const { public: publicKey, private: privateKey } = ssh2.utils.generateKeyPairSync('ed25519')

let folder: string
let clock: ManualClock
const closers: (() => void)[] = []

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coxswain-late-'))
  clock = new ManualClock()
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await rm(folder, { recursive: true })
})

async function connect(target: Partial<SshTarget>, port: number): Promise<unknown> {
  const options = {
    logger: silentLogger,
    clock,
    timeoutMs: TIMEOUT_MS,
    homeDir: folder,
    configFile: path.join(folder, 'none'),
    agentSocket: path.join(folder, 'agent.sock'),
  }
  return connectSsh({ host: '127.0.0.1', port, user: 'me', ...target }, options).catch(
    (error: unknown) => error,
  )
}

async function listen(server: net.Server | ssh2.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as net.AddressInfo).port
}

/** An ssh-agent with one key, that tells of it when its user allows it. */
async function lockedAgent() {
  const key = ssh2.utils.parseKey(publicKey)
  if (key instanceof Error) throw key
  const text = (bytes: Buffer) => Buffer.concat([uint32(bytes.length), bytes])
  // Source: draft-miller-ssh-agent, SSH_AGENT_IDENTITIES_ANSWER
  const answer = text(
    Buffer.concat([Buffer.from([12]), uint32(1), text(key.getPublicSSH()), text(Buffer.from('mine'))]),
  )
  let unlock: () => void = () => undefined
  const unlocked = new Promise<void>(resolve => (unlock = resolve))
  let asked: () => void = () => undefined
  const wasAsked = new Promise<void>(resolve => (asked = resolve))
  const server = net.createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      asked()
      void unlocked.then(() => socket.write(answer))
    })
  })
  server.listen(path.join(folder, 'agent.sock'))
  closers.push(() => server.close())
  await once(server, 'listening')
  return { unlock, wasAsked }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

it('does not go on to the server when the agent answers after the deadline', async () => {
  let calls = 0
  const server = net.createServer(socket => {
    calls++
    socket.on('error', () => undefined).destroy()
  })
  const port = await listen(server)
  const agent = await lockedAgent()
  const late = connect({ agent: true }, port)
  await agent.wasAsked
  await clock.advance(TIMEOUT_MS)
  expect(await late).toMatchObject({ code: 'timeout' })
  agent.unlock()
  // a second one that asks the agent after the first, and so comes after it
  expect(await connect({ agent: true }, port)).toMatchObject({ name: 'SshError' })
  expect(calls).toBe(1)
})

it('ends a connection that is there after the deadline', async () => {
  let accept: AcceptConnection<ServerChannel> | undefined
  let asked: () => void = () => undefined
  const wasAsked = new Promise<void>(resolve => (asked = resolve))
  let gone: () => void = () => undefined
  const isGone = new Promise<void>(resolve => (gone = resolve))
  const server = new ssh2.Server({ hostKeys: [privateKey] }, client => {
    client.on('error', () => undefined).on('close', gone)
    closers.push(() => client.end())
    client.on('authentication', context => context.accept())
    client.on('session', acceptSession => {
      acceptSession().on('exec', acceptExec => {
        accept = acceptExec
        asked()
      })
    })
  })
  const port = await listen(server)
  const late = connect({ privateKey, agent: false }, port)
  await wasAsked
  await clock.advance(TIMEOUT_MS)
  expect(await late).toMatchObject({ code: 'timeout' })
  accept?.().end()
  await isGone
})
