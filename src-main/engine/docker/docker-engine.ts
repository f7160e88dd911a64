import { Agent } from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { systemClock, type Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { EngineError, type Engine } from '../engine.ts'
import { buildImage } from './build.ts'
import { DockerClient } from './client.ts'
import * as containers from './containers.ts'
import { engineEvents } from './events.ts'
import { attach, exec } from './exec.ts'
import * as images from './images.ts'
import { engineInfo } from './info.ts'
import { containerLogs } from './logs.ts'
import * as networks from './networks.ts'
import { containerStats } from './stats.ts'
import * as volumes from './volumes.ts'

export interface DockerEngineOptions {
  /** How Docker is reached: an agent whose sockets are connections to Docker (the SSH tunnel) … */
  agent?: Agent
  /** … or a unix socket of this machine. */
  socketPath?: string
  /** A TCP connection made from the engine's server. */
  dial: (host: string, port: number) => Promise<Duplex>
  logger: Logger
  clock?: Clock
}

/** Keep-alive connections to a unix socket. */
class UnixSocketAgent extends Agent {
  constructor(socketPath: string) {
    super({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16, socketPath } as ConstructorParameters<
      typeof Agent
    >[0])
  }

  /** docker-modem inspects its options at every request, to any depth: it must find nothing to walk through here. */
  [inspect.custom](): string {
    return 'UnixSocketAgent'
  }
}

/** The engine port on one Docker engine, 20.10 or newer. Nothing is sent before the first call. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { dial, logger, clock = systemClock } = options
  const own = options.agent === undefined
  const agent = options.agent ?? new UnixSocketAgent(options.socketPath ?? '/var/run/docker.sock')
  const client = new DockerClient(agent, clock)
  return {
    info: () => engineInfo(client),

    inspectImage: reference => images.inspectImage(client, reference),
    async pullImage(reference, pull) {
      logger.debug({ image: reference }, 'pulling image')
      return images.pullImage(client, reference, pull)
    },
    listImages: () => images.listImages(client),
    importImage: (tar, reference, config) => images.importImage(client, tar, reference, config),
    buildImage: (context, reference) => buildImage(client, context, reference),
    saveImage: reference => images.saveImage(client, reference),
    loadImage: tar => images.loadImage(client, tar),
    removeImage: reference => images.removeImage(client, reference),

    listContainers: labels => containers.listContainers(client, labels),
    inspectContainer: id => containers.inspectContainer(client, id),
    createContainer: spec => containers.createContainer(client, spec),
    startContainer: id => containers.startContainer(client, id),
    stopContainer: (id, stop) => containers.stopContainer(client, id, stop),
    removeContainer: id => containers.removeContainer(client, id),
    setRestartPolicy: (id, policy) => containers.setRestartPolicy(client, id, policy),
    renameContainer: (id, name) => containers.renameContainer(client, id, name),

    containerLogs: (id, logs) => containerLogs(client, id, logs),
    exec: (id, run) => exec(client, id, run),
    attach: (id, streams) => attach(client, id, streams),
    containerStats: id => containerStats(client, id),
    putArchive: (id, path, tar) => containers.putArchive(client, id, path, tar),
    getArchive: (id, path) => containers.getArchive(client, id, path),

    ensureNetwork: spec => networks.ensureNetwork(client, spec),
    removeNetwork: name => networks.removeNetwork(client, name),
    ensureVolume: (name, labels) => volumes.ensureVolume(client, name, labels),
    listVolumes: labels => volumes.listVolumes(client, labels),
    removeVolume: name => volumes.removeVolume(client, name),

    events: signal => engineEvents(client, signal),
    async dial(host, port) {
      try {
        return await dial(host, port)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new EngineError(
          saysServer(error) ? 'refused' : 'unreachable',
          `cannot connect to ${host}:${port} from the server: ${message}`,
          error,
        )
      }
    },
    close() {
      if (own) agent.destroy()
    },
  }
}

/** What a server answers that was reached, but cannot reach the address: by socket, or by SSH (`channel-refused`). */
const REFUSALS = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'channel-refused']

function saysServer(error: unknown): boolean {
  return REFUSALS.includes(String((error as { code?: unknown } | undefined)?.code))
}

/** This computer's own Docker. */
export function createLocalEngine(options: { socketPath?: string; logger: Logger; clock?: Clock }): Engine {
  return createDockerEngine({ socketPath: '/var/run/docker.sock', ...options, dial: dialLocally })
}

const DIAL_TIMEOUT_MS = 10_000

function dialLocally(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true, timeout: DIAL_TIMEOUT_MS })
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error(`no answer in ${DIAL_TIMEOUT_MS / 1000} s`)))
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
