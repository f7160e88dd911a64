import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDockerEngine } from '../../../src-main/engine/docker/docker-engine.ts'
import type { Engine } from '../../../src-main/engine/engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { connectSsh } from '../../../src-main/ssh/connect.ts'
import type { SshConnection, SshTarget } from '../../../src-main/ssh/connection.ts'
import { diagnoseSocket } from '../../../src-main/ssh/diagnose-socket.ts'
import { TunnelAgent } from '../../../src-main/ssh/tunnel-agent.ts'
import { lab } from '../lab.ts'
import { engineContract } from './contract.ts'
import { labImages } from './lab-server.ts'

const SOCKET = '/var/run/docker.sock'

interface Tunnel {
  connection: SshConnection
  engine: Engine
  close(): void
}

async function openTunnel(server: number, target: Partial<SshTarget> = {}): Promise<Tunnel> {
  const connection = await connectSsh(
    { host: lab.env.host(server), user: 'root', identityFile: lab.env.key, ...target },
    { logger: silentLogger, agentSocket: 'none', configFile: '/nonexistent' },
  )
  const agent = new TunnelAgent(connection, SOCKET)
  const engine = createDockerEngine({
    agent,
    dial: (host, port) => connection.openTcp(host, port),
    logger: silentLogger,
  })
  return {
    connection,
    engine,
    close() {
      engine.close()
      agent.destroy()
      connection.end()
    },
  }
}

engineContract('Docker through SSH', async () => {
  const { engine, close } = await openTunnel(2)
  return { ...labImages(lab.env), engine, close }
})

describe('a tunnel to Docker', () => {
  let tunnel: Tunnel
  beforeAll(async () => {
    tunnel = await openTunnel(2)
  })
  afterAll(() => tunnel.close())

  it('serves a hundred followed logs and events without starving the requests', async () => {
    const { engine } = tunnel
    const abort = new AbortController()
    const id = await engine.createContainer({
      name: `starve-${process.pid}`,
      image: lab.env.base,
      labels: {},
      environment: [],
      restartPolicy: 'no',
      network: { mode: 'none' },
      command: ['sleep', '600'],
    })
    await engine.startContainer(id)
    const follow = { follow: true, signal: abort.signal }
    const logs = Array.from({ length: 100 }, () => engine.containerLogs(id, follow).catch(() => undefined))
    const infos = await Promise.all(Array.from({ length: 100 }, () => engine.info()))
    expect(new Set(infos.map(info => info.id)).size).toBe(1)
    abort.abort()
    await Promise.all(logs)
    await engine.removeContainer(id)
  })

  it('fails with `unreachable` when the connection is closed below it, streams included', async () => {
    const { engine, connection } = await openTunnel(2)
    const events = engine.events(new AbortController().signal)
    await engine.info()
    const reading = (async () => {
      for await (const event of events) void event
    })()
    reading.catch(() => undefined)
    connection.end()
    await expect(reading).rejects.toMatchObject({ name: 'EngineError', code: 'unreachable' })
    await expect(engine.listContainers({})).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('says that a user may not use the socket, or that nothing listens there', async () => {
    const denied = await openTunnel(2, { user: lab.env.userNoDocker })
    await expect(denied.engine.info()).rejects.toMatchObject({ code: 'unreachable' })
    const diagnosis = await diagnoseSocket(denied.connection, SOCKET)
    expect(diagnosis.reason).toBe('SocketForbidden')
    expect(diagnosis.message).toContain(`usermod -aG docker ${lab.env.userNoDocker}`)
    denied.close()
    const absent = await diagnoseSocket(tunnel.connection, '/run/no-such-docker.sock')
    expect(absent.reason).toBe('EngineStopped')
    const allowed = await openTunnel(2, { user: lab.env.userDocker })
    expect((await allowed.engine.info()).osType).toBe('linux')
    allowed.close()
  })
})
