import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import http from 'node:http'
import net, { type Socket } from 'node:net'
import path from 'node:path'
import { inspect } from 'node:util'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { connectSsh } from '../../../src-main/ssh/connect.ts'
import type { SshConnection } from '../../../src-main/ssh/connection.ts'
import { TunnelAgent } from '../../../src-main/ssh/tunnel-agent.ts'
import { TunnelSocket } from '../../../src-main/ssh/tunnel-socket.ts'
import { startSshd, type Sshd } from './sshd.ts'

let sshd: Sshd
let connection: SshConnection
let server: http.Server
let socketPath: string
const sockets = new Set<Socket>()
let most = 0
let opened = 0

async function listen(): Promise<void> {
  server = http.createServer((_request, response) => void setTimeout(() => response.end('answer'), 2))
  server.on('connection', socket => {
    sockets.add(socket)
    opened++
    most = Math.max(most, sockets.size)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(socketPath)
  await once(server, 'listening')
}

async function close(): Promise<void> {
  server.close()
  server.closeAllConnections()
  await rm(socketPath, { force: true })
}

beforeAll(async () => {
  sshd = await startSshd()
  socketPath = path.join(sshd.folder, 'http.sock')
  await listen()
  connection = await connectSsh(
    { host: '127.0.0.1', port: sshd.port, user: sshd.user, identityFile: sshd.key },
    { logger: silentLogger, configFile: path.join(sshd.folder, 'none'), agentSocket: 'none' },
  )
})
afterAll(async () => {
  connection.end()
  await close()
  await sshd.close()
})

function get(agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: 'docker', path: '/', agent }, response =>
      text(response).then(resolve, reject),
    )
    request.on('error', reject)
  })
}

describe('TunnelAgent', () => {
  it('answers many requests at once over a bounded number of channels, and keeps them', async () => {
    const agent = new TunnelAgent(connection, socketPath)
    const answers = await Promise.all(Array.from({ length: 300 }, () => get(agent)))
    expect(new Set(answers)).toEqual(new Set(['answer']))
    expect(most).toBeGreaterThanOrEqual(32)
    expect(most).toBeLessThanOrEqual(64)
    const before = opened
    await get(agent)
    expect(opened).toBe(before)
    agent.destroy()
  })

  it('fails a request that the server refuses, and serves the next', async () => {
    const agent = new TunnelAgent(connection, socketPath)
    expect(await get(agent)).toBe('answer')
    await close()
    await expect(Promise.all(Array.from({ length: 40 }, () => get(agent)))).rejects.toThrow()
    await expect(get(agent)).rejects.toMatchObject({ code: 'channel-refused' })
    await listen()
    expect(await get(agent)).toBe('answer')
    agent.destroy()
  })

  it('is a socket whose two directions end apart', async () => {
    const echo = net.createServer({ allowHalfOpen: true }, socket => socket.pipe(socket))
    const echoPath = path.join(sshd.folder, 'echo.sock')
    await once(echo.listen(echoPath), 'listening')
    const socket = new TunnelSocket(() => connection.openUnix(echoPath))
    const sent = 'a line of text\n'.repeat(20_000)
    socket.end(sent)
    // a slow reader, who has most of it still to read when the channel has closed
    await new Promise(resolve => setTimeout(resolve, 100))
    expect((await text(socket)) === sent).toBe(true)
    if (!socket.closed) await once(socket, 'close')
    echo.close()
  })

  it('shows docker-modem nothing to walk through', () => {
    const agent = new TunnelAgent(connection, socketPath)
    expect(inspect({ agent }, { showHidden: true, depth: null }).length).toBeLessThan(100)
    agent.destroy()
  })
})
