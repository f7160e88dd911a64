import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { connectSsh, type SshOptions } from '../../../src-main/ssh/connect.ts'
import type { SshConnection } from '../../../src-main/ssh/connection.ts'
import { SshError } from '../../../src-main/ssh/errors.ts'
import { startCable, startSshd, type Cable, type Sshd } from './sshd.ts'

let sshd: Sshd
let echo: net.Server
let cable: Cable

beforeAll(async () => {
  sshd = await startSshd()
  echo = net.createServer(socket => void socket.on('error', () => undefined).pipe(socket))
  echo.listen(path.join(sshd.folder, 'echo.sock'))
  await once(echo, 'listening')
})
afterAll(async () => {
  echo.close()
  await sshd.close()
})
afterEach(() => cable?.close())

async function connect(options: Partial<SshOptions> = {}): Promise<SshConnection> {
  cable = await startCable(sshd.port)
  return connectSsh(
    { host: '127.0.0.1', port: cable.port, user: sshd.user, identityFile: sshd.key },
    {
      logger: silentLogger,
      homeDir: sshd.folder,
      configFile: path.join(sshd.folder, 'none'),
      agentSocket: 'none',
      ...options,
    },
  )
}

/** Everything that can be pending on a connection, each as the SshError it ends with, or as `fulfilled`. */
function pending(connection: SshConnection): Promise<string[]> {
  const talk = async () => {
    const channel = await connection.openUnix(path.join(sshd.folder, 'echo.sock'))
    const closed = once(channel, 'close')
    channel.on('error', () => undefined)
    channel.resume()
    channel.write(Buffer.alloc(1 << 20))
    await closed
  }
  const work = [
    connection.exec('sleep 600', { timeoutMs: 600_000 }),
    connection.exec('head -c 100000 /dev/zero; sleep 600', { timeoutMs: 600_000 }),
    talk(),
    talk(),
    connection.openUnix(path.join(sshd.folder, 'echo.sock')),
    connection.openTcp('127.0.0.1', 1),
    connection.ping(600_000),
  ]
  return Promise.all(
    work.map(one =>
      one.then(
        () => 'fulfilled',
        (error: unknown) => (error instanceof SshError ? error.code : `not an SshError: ${String(error)}`),
      ),
    ),
  )
}

describe('a connection that dies', () => {
  it('rejects all that is pending when sshd is killed, and says so', async () => {
    const connection = await connect()
    const closed = new Promise<SshError | undefined>(resolve => connection.onClosed(resolve))
    const outcome = pending(connection)
    await connection.ping(10_000)
    await sshd.kill()
    expect(await closed).toMatchObject({ name: 'SshError', code: 'unreachable' })
    expect((await outcome).slice(0, 2)).toEqual(['unreachable', 'unreachable'])
    await expect(connection.exec('true')).rejects.toMatchObject({ code: 'unreachable' })
    await sshd.start()
    const again = await connect()
    again.end()
  })

  it('is noticed by a ping when nothing comes through any more', async () => {
    const clock = new ManualClock()
    const connection = await connect({ clock })
    const outcome = pending(connection)
    cable.unplug()
    const ping = connection.ping(2000).catch((error: unknown) => error)
    await clock.advance(2000)
    expect(await ping).toMatchObject({ name: 'SshError', code: 'timeout' })
    connection.end()
    expect((await outcome).slice(0, 2)).toEqual(['closed', 'closed'])
    await clock.advance(1000)
  })

  it('settles everything whichever byte it is cut at', async () => {
    for (let round = 0; round < 20; round++) {
      cable = await startCable(sshd.port)
      // from the middle of the handshake (some 2 kB from the server) to the middle of the traffic
      cable.cutAfter(300 + round * round * 400)
      const target = { host: '127.0.0.1', port: cable.port, user: sshd.user, identityFile: sshd.key }
      const options = {
        logger: silentLogger,
        configFile: path.join(sshd.folder, 'none'),
        agentSocket: 'none',
      }
      try {
        const connection = await connectSsh(target, options)
        const outcomes = await pending(connection)
        expect(outcomes.filter(outcome => outcome.startsWith('not an SshError'))).toEqual([])
      } catch (error) {
        expect(error).toBeInstanceOf(SshError)
      }
      await cable.close()
    }
  })
})
