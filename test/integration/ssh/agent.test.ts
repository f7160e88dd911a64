import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { connectSsh } from '../../../src-main/ssh/connect.ts'
import type { SshTarget } from '../../../src-main/ssh/connection.ts'
import { startSshd, type Sshd } from './sshd.ts'

const run = promisify(execFile)
let sshd: Sshd
let agent: ChildProcess
let agentSocket: string

beforeAll(async () => {
  sshd = await startSshd()
  agentSocket = path.join(sshd.folder, 'agent.sock')
  agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: ['ignore', 'pipe', 'ignore'] })
  if (agent.stdout) await once(agent.stdout, 'data')
})
afterAll(async () => {
  const exited = once(agent, 'exit')
  agent.kill()
  await exited
  await sshd.close()
})

const add = (...args: string[]) =>
  run('ssh-add', ['-q', ...args], { env: { ...process.env, SSH_AUTH_SOCK: agentSocket } })

async function connect(target: Partial<SshTarget>, socket = agentSocket) {
  const options = {
    logger: silentLogger,
    homeDir: sshd.folder,
    configFile: path.join(sshd.folder, 'none'),
    agentSocket: socket,
  }
  const connection = await connectSsh(
    { host: '127.0.0.1', port: sshd.port, user: sshd.user, ...target },
    options,
  )
  connection.end()
  return connection
}

describe('ssh-agent', () => {
  it('is told from an empty one and an absent one', async () => {
    await expect(connect({ agent: true })).rejects.toMatchObject({ code: 'agent-unavailable' })
    await expect(connect({ agent: true }, '/no/agent.sock')).rejects.toMatchObject({
      code: 'agent-unavailable',
    })
    await expect(connect({ agent: true }, 'none')).rejects.toMatchObject({ code: 'agent-unavailable' })
  })

  it('lets in with a key it holds, and says when none fits', async () => {
    await add(sshd.strangerKey)
    await expect(connect({ agent: true })).rejects.toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('ssh-agent (1 key)'),
    })
    await add(sshd.key)
    expect((await connect({ agent: true })).hostKey).toBe(sshd.fingerprint)
    expect((await connect({})).hostKey).toBe(sshd.fingerprint)
  })

  it('stands in for a key whose passphrase is not given', async () => {
    await connect({ identityFile: sshd.lockedKey })
    await add('-D')
    await expect(connect({ identityFile: sshd.lockedKey })).rejects.toMatchObject({
      code: 'passphrase-needed',
    })
  })
})
