import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { connectSsh, type SshOptions } from '../../../src-main/ssh/connect.ts'
import type { SshConnection, SshTarget } from '../../../src-main/ssh/connection.ts'
import { SshError, type SshErrorCode } from '../../../src-main/ssh/errors.ts'
import { startSshd, type Sshd } from './sshd.ts'

let sshd: Sshd
const open: SshConnection[] = []

beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd?.close())
afterEach(() => {
  for (const connection of open.splice(0)) connection.end()
})

/** Nothing of the person who runs the tests: no configuration, no agent, no default keys. */
function isolated(): SshOptions {
  const homeDir = path.join(sshd.folder, 'home')
  return { logger: silentLogger, homeDir, configFile: path.join(homeDir, 'no-config'), agentSocket: 'none' }
}

async function connect(
  target: Partial<SshTarget> = {},
  options: Partial<SshOptions> = {},
): Promise<SshConnection> {
  const base = { host: '127.0.0.1', port: sshd.port, user: sshd.user }
  const key = target.privateKey === undefined && target.agent === undefined ? { identityFile: sshd.key } : {}
  const connection = await connectSsh({ ...base, ...key, ...target }, { ...isolated(), ...options })
  open.push(connection)
  return connection
}

async function failure(work: Promise<unknown>): Promise<SshError> {
  const error: unknown = await work.then(
    () => new Error('it should have failed'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SshError)
  return error as SshError
}

async function expectFailure(work: Promise<unknown>, code: SshErrorCode, ...words: string[]): Promise<void> {
  const error = await failure(work)
  expect({ code: error.code, message: error.message }).toMatchObject({ code })
  for (const word of words) expect(error.message).toContain(word)
}

describe('a connection', () => {
  it('shows the host key that ssh-keygen shows, and the server version', async () => {
    const connection = await connect()
    expect(connection.hostKey).toBe(sshd.fingerprint)
    expect(connection.serverVersion).toMatch(/^OpenSSH/)
  })

  it('runs commands with input, both outputs and the exit code', async () => {
    const connection = await connect()
    const command = 'cat; echo err >&2; exit 7'
    expect(await connection.exec(command, { stdin: 'in' })).toEqual({
      code: 7,
      stdout: 'in',
      stderr: 'err\n',
    })
    expect((await connection.exec('kill -9 $$')).code).toBe(255)
  })

  it('gives up on a command whose output does not end', async () => {
    const connection = await connect()
    await expectFailure(connection.exec('yes'), 'protocol', 'does not end')
    expect(await connection.exec('echo fine')).toMatchObject({ stdout: 'fine\n' })
  })

  it('measures a round trip', async () => {
    const connection = await connect()
    const times = await Promise.all([connection.ping(5000), connection.ping(5000), connection.ping(5000)])
    for (const ms of times) expect(ms).toBeGreaterThan(0)
  })

  it('opens streams to TCP ports and unix sockets of the server', async () => {
    const echo = net.createServer(socket => socket.pipe(socket))
    echo.listen(0, '127.0.0.1')
    await once(echo, 'listening')
    const unixPath = path.join(sshd.folder, 'echo.sock')
    const unixEcho = net.createServer(socket => socket.pipe(socket)).listen(unixPath)
    await once(unixEcho, 'listening')
    const connection = await connect()
    const tcp = await connection.openTcp('127.0.0.1', (echo.address() as net.AddressInfo).port)
    tcp.end('through tcp')
    expect(await text(tcp)).toBe('through tcp')
    const unix = await connection.openUnix(unixPath)
    const sent = 'through a unix socket\n'.repeat(50_000)
    unix.end(sent)
    expect((await text(unix)) === sent).toBe(true)
    echo.close()
    unixEcho.close()
  })

  it('says which channel the server refused, and goes on', async () => {
    const connection = await connect()
    await expectFailure(connection.openUnix('/no/such.sock'), 'channel-refused', '/no/such.sock')
    await expectFailure(connection.openTcp('127.0.0.1', 1), 'channel-refused', '127.0.0.1:1')
    expect(await connection.exec('echo still here')).toMatchObject({ stdout: 'still here\n' })
  })

  it('refuses everything after its end, and tells who listens once', async () => {
    const connection = await connect()
    const told: unknown[] = []
    connection.onClosed(error => told.push(error))
    connection.onClosed(() => told.push('disposed'))()
    connection.end()
    connection.end()
    await expectFailure(connection.exec('true'), 'closed')
    await expectFailure(connection.openTcp('127.0.0.1', 1), 'closed')
    await expectFailure(connection.ping(1000), 'closed')
    expect(told).toEqual([undefined])
    await new Promise<void>(resolve => connection.onClosed(() => resolve()))
  })
})

describe('host keys', () => {
  it('takes the pinned one', async () => {
    expect((await connect({ hostKey: sshd.fingerprint })).hostKey).toBe(sshd.fingerprint)
  })

  it('refuses another, with both fingerprints and what to do', async () => {
    const pinned = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    await expectFailure(connect({ hostKey: pinned }), 'host-key-changed', pinned, sshd.fingerprint, 'hostKey')
  })

  it('asks about the first one', async () => {
    const asked: string[] = []
    await connect({}, { onFirstHostKey: key => asked.push(key) > 0 })
    expect(asked).toEqual([sshd.fingerprint])
    await expectFailure(
      connect({}, { onFirstHostKey: async () => false }),
      'host-key-refused',
      sshd.fingerprint,
    )
  })
})

describe('keys', () => {
  it('names the keys that were refused, the user and the address', async () => {
    const where = `${sshd.user}@127.0.0.1:${sshd.port}`
    await expectFailure(
      connect({ identityFile: sshd.strangerKey }),
      'authentication-failed',
      sshd.strangerKey,
      where,
    )
  })

  it('opens a key with its passphrase, and says when that is missing or wrong', async () => {
    const { lockedKey: identityFile, passphrase } = sshd
    await connect({ identityFile, passphrase })
    await expectFailure(connect({ identityFile }), 'passphrase-needed', identityFile)
    await expectFailure(connect({ identityFile, passphrase: 'wrong' }), 'passphrase-wrong', identityFile)
  })

  it('takes a key as text', async () => {
    await connect({ privateKey: await readFile(sshd.key, 'utf8') })
    await expectFailure(connect({ privateKey: 'no key' }), 'key-unreadable')
  })

  it('says that a file is missing, or the public half', async () => {
    await expectFailure(connect({ identityFile: '/no/such/key' }), 'key-unreadable', '/no/such/key')
    await expectFailure(connect({ identityFile: `${sshd.key}.pub` }), 'key-unreadable', 'public')
  })

  it('tries the default files when nothing is named', async () => {
    const homeDir = path.join(sshd.folder, 'home-with-key')
    const target = { host: '127.0.0.1', port: sshd.port, user: sshd.user }
    const options = { ...isolated(), homeDir }
    await expectFailure(connectSsh(target, options), 'authentication-failed', 'no key to try')
    await mkdir(path.join(homeDir, '.ssh'), { recursive: true })
    await copyFile(sshd.key, path.join(homeDir, '.ssh', 'id_ed25519'))
    const connection = await connectSsh(target, options)
    connection.end()
  })
})

describe('the configuration file', () => {
  async function configured(lines: string, host: string): Promise<SshConnection> {
    const configFile = path.join(sshd.folder, 'ssh_config')
    await writeFile(configFile, lines)
    const connection = await connectSsh({ host }, { ...isolated(), configFile })
    open.push(connection)
    return connection
  }

  const alias = () =>
    `Host web\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${sshd.user}\n  IdentityFile ${sshd.key}\n`

  it('gives an alias its address, port, user and key', async () => {
    expect((await configured(alias(), 'web')).hostKey).toBe(sshd.fingerprint)
  })

  it('goes through jump hosts', async () => {
    const hops = ['Host hop-*', 'HostName 127.0.0.1', `User ${sshd.user}`, `IdentityFile ${sshd.key}`].join(
      '\n',
    )
    const jump = `ProxyJump hop-1:${sshd.port},hop-2:${sshd.port}`
    const connection = await configured(`${alias()}  ${jump}\n${hops}\n`, 'web')
    // sshd of the last hop sees the connection come from the server itself, as a child of the hop's own sshd
    expect((await connection.exec('echo $SSH_CONNECTION')).stdout).toContain(`127.0.0.1 ${sshd.port}`)
  })

  it('says which hop failed', async () => {
    const lines = `${alias()}  ProxyJump ${sshd.user}@127.0.0.1:1\n`
    await expectFailure(configured(lines, 'web'), 'jump-failed', '127.0.0.1')
  })

  it('goes through a connection that it is given, which stays open', async () => {
    const via = await connect()
    const behind = await connect({ via })
    behind.end()
    expect(await via.exec('echo open')).toMatchObject({ stdout: 'open\n' })
    await expectFailure(connect({ via, port: 1 }), 'jump-failed')
    via.end()
    await expectFailure(connect({ via }), 'jump-failed')
  })
})

describe('a server that does not answer', () => {
  it('refuses', async () => {
    await expectFailure(connect({ port: 1 }), 'refused', '127.0.0.1:1')
  })

  it('has an unknown name', async () => {
    await expectFailure(connect({ host: 'no-such-host.invalid' }), 'name-not-found', 'no-such-host.invalid')
  })

  it('is silent until the time is up', async () => {
    const clock = new ManualClock()
    const silent = net.createServer(() => undefined).listen(0, '127.0.0.1')
    const accepted = once(silent, 'connection')
    await once(silent, 'listening')
    const port = (silent.address() as net.AddressInfo).port
    const connecting = failure(connect({ port }, { clock, timeoutMs: 5000 }))
    const [socket] = (await accepted) as [net.Socket]
    await clock.advance(5000)
    expect(await connecting).toMatchObject({ code: 'timeout' })
    socket.destroy()
    silent.close()
  })

  it('is no SSH server', async () => {
    const closing = net.createServer(socket => socket.end()).listen(0, '127.0.0.1')
    await once(closing, 'listening')
    await expectFailure(
      connect({ port: (closing.address() as net.AddressInfo).port }),
      'protocol',
      'closed before SSH',
    )
    closing.close()
  })

  it('is given up when the caller says so', async () => {
    const abort = new AbortController()
    abort.abort()
    await expectFailure(connect({}, { signal: abort.signal }), 'aborted')
  })
})
