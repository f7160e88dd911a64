import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { sleep, type Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import { EngineError, type Engine, type EngineContainer } from '../engine.ts'
import { getFiles, putFiles } from './archive.ts'
import { behaviourOf } from './behaviour.ts'
import { SimulatedContainer, type ContainerHost } from './container.ts'
import { EventBus } from './event-bus.ts'
import { simulatedAttach, simulatedExec } from './exec.ts'
import { SimulatedImages } from './images.ts'
import { simulatedLogs } from './logs.ts'
import { SimulatedNetworks } from './networks.ts'
import { serverPort } from './server-port.ts'

export interface SimulatedEngineOptions {
  clock: Clock
  cpus: number
  memoryBytes: number
  hostName: string
  /** From 0 to 1; for the time that pulls take. */
  random?: () => number
  /** How long each request takes. */
  latencyMs?: number
  /** References of the images that are there from the start. */
  images?: readonly string[]
}

/** The engine port plus what only a simulation lets one do. */
export interface SimulatedEngine extends Engine {
  /** The server loses its power: containers end, requests and events fail with `unreachable`. */
  powerOff(): void
  /** It boots again on the same disk: containers come back as their restart policies say. */
  powerOn(): void
  /** SIGKILL from outside of the engine. */
  killContainer(id: string): void
}

/**
 * An engine in memory that behaves as Docker does: names, states, exit codes, restart back-off, events, addresses,
 * pulls that take a while. Nothing runs, so that one machine holds thousands of them; `behaviour.ts` says how a
 * manifest steers its containers.
 */
export function createSimulatedEngine(options: SimulatedEngineOptions): SimulatedEngine {
  const { clock, hostName, random = Math.random, latencyMs = 0 } = options
  const images = new SimulatedImages(clock, random, options.images ?? [])
  const networks = new SimulatedNetworks()
  const bus = new EventBus()
  const containers = new Map<string, SimulatedContainer>()
  const names = new Map<string, SimulatedContainer>()
  const volumes = new Map<string, Record<string, string>>()
  let powered = true
  let closed = false
  let lastPid = 1000

  const host: ContainerHost = {
    clock,
    nextPid: () => ++lastPid,
    emit(container, action, exitCode) {
      const { id, spec } = container
      bus.emit({
        type: 'container',
        action,
        id,
        labels: spec.labels,
        ...(exitCode === undefined ? {} : { exitCode }),
        at: clock.now(),
      })
    },
    acquire(container) {
      const { spec, behaviour, name } = container
      if (behaviour.startError !== undefined) {
        throw new EngineError('start-failed', `cannot start container ${name}: ${behaviour.startError}`)
      }
      if (spec.network.mode === 'container' && !find(spec.network.id)?.running) {
        const why = `cannot join the network of container ${spec.network.id}, which does not run`
        throw new EngineError('start-failed', `cannot start container ${name}: ${why}`)
      }
      return networks.acquire(container.id, spec)
    },
    release: container => networks.release(container.id),
  }

  /** By id, unambiguous beginning of an id, or name, as Docker finds them. */
  function find(id: string): SimulatedContainer | undefined {
    const exact = containers.get(id) ?? names.get(id)
    if (exact || id.length < 12) return exact
    return [...containers.values()].find(container => container.id.startsWith(id))
  }

  function existing(id: string): SimulatedContainer {
    const container = find(id)
    if (!container) throw new EngineError('not-found', `no such container: ${id}`)
    return container
  }

  function running(id: string): SimulatedContainer {
    const container = existing(id)
    if (!container.running)
      throw new EngineError('engine-error', `container ${container.name} is not running`)
    return container
  }

  function checkReachable(): void {
    if (closed) throw new EngineError('unreachable', `the connection to ${hostName} is closed`)
    if (!powered) throw new EngineError('unreachable', `${hostName} does not answer: it has no power`)
  }

  async function request(): Promise<void> {
    checkReachable()
    if (latencyMs === 0) return
    await sleep(clock, latencyMs)
    checkReachable()
  }

  const engine: SimulatedEngine = {
    async info() {
      await request()
      return {
        id: `simulated-${hostName}`,
        hostName,
        version: '1.0.0-simulated',
        apiVersion: '1.41',
        operatingSystem: 'Simulated server',
        osType: 'linux',
        architecture: 'amd64',
        kernelVersion: 'simulated',
        cpus: options.cpus,
        memoryBytes: options.memoryBytes,
        cgroupVersion: '2',
        storageDriver: 'memory',
      }
    },

    async inspectImage(reference) {
      await request()
      return images.find(reference)
    },
    async pullImage(reference, pull = {}) {
      await request()
      const image = await images.pull(reference, pull.auth, pull.signal)
      checkReachable()
      bus.emit({ type: 'image', action: 'pull', id: reference, at: clock.now() })
      return image
    },
    async listImages() {
      await request()
      return images.list()
    },
    async importImage(_tar, reference, config) {
      await request()
      images.import(reference, config.entrypoint)
    },
    async buildImage(_context, reference) {
      await request()
      images.import(reference, [])
    },
    async saveImage(reference) {
      await request()
      const image = images.find(reference)
      if (!image) {
        throw new EngineError(
          'image-not-found',
          `cannot save image ${reference}: the server does not have it`,
        )
      }
      return Readable.from([JSON.stringify([reference, image.entrypoint])])
    },
    async loadImage(tar) {
      await request()
      const saved = await text(tar).catch((error: unknown) => {
        throw new EngineError('unreachable', `cannot load an image: ${errorMessage(error)}`, error)
      })
      images.import(...(JSON.parse(saved) as [string, string[]]))
    },
    async removeImage(reference) {
      await request()
      const image = images.find(reference)
      const user = [...containers.values()].find(container => container.imageId === image?.id)
      if (user)
        throw new EngineError(
          'engine-error',
          `cannot remove image ${reference}: container ${user.name} uses it`,
        )
      images.remove(reference)
    },

    async listContainers(labels) {
      await request()
      const wanted = Object.entries(labels)
      const found: EngineContainer[] = []
      for (const container of containers.values()) {
        if (wanted.every(([key, value]) => container.spec.labels[key] === value)) found.push(container.view())
      }
      return found
    },
    async inspectContainer(id) {
      await request()
      return find(id)?.view()
    },
    async createContainer(spec) {
      await request()
      const taken = names.get(spec.name)
      if (taken) {
        throw new EngineError(
          'name-conflict',
          `cannot create container ${spec.name}: the name is in use by container ${taken.id}`,
        )
      }
      const image = images.find(spec.image)
      if (!image)
        throw new EngineError(
          'image-not-found',
          `cannot create container ${spec.name}: no such image: ${spec.image}`,
        )
      const id = randomBytes(32).toString('hex')
      const seed = createHash('sha256').update(spec.name).digest().readUInt32BE(0) / 2 ** 32
      const container = new SimulatedContainer(
        id,
        spec,
        image.id,
        behaviourOf(spec.environment, seed, spec.restartPolicy === 'on-failure'),
        host,
      )
      containers.set(id, container)
      names.set(spec.name, container)
      for (const mount of spec.mounts ?? []) {
        if (mount.type === 'volume' && !volumes.has(mount.name)) volumes.set(mount.name, {})
      }
      host.emit(container, 'create')
      return id
    },
    async startContainer(id) {
      await request()
      const container = existing(id)
      if (!container.running) container.start()
    },
    async stopContainer(id, { timeoutSeconds }) {
      await request()
      await find(id)?.stop(timeoutSeconds * 1000)
      checkReachable()
    },
    async removeContainer(id) {
      await request()
      const container = find(id)
      if (!container) return
      containers.delete(container.id)
      names.delete(container.name)
      container.remove()
    },
    async setRestartPolicy(id, policy) {
      await request()
      existing(id).restartPolicy = policy
    },
    async renameContainer(id, name) {
      await request()
      const container = existing(id)
      if (names.has(name)) {
        throw new EngineError(
          'name-conflict',
          `cannot rename container ${container.name}: the name ${name} is in use`,
        )
      }
      names.delete(container.name)
      container.name = name
      names.set(name, container)
    },

    async containerLogs(id, logs) {
      await request()
      return simulatedLogs(existing(id), clock, logs)
    },
    async exec(id, run) {
      await request()
      return simulatedExec(running(id), clock, run)
    },
    async attach(id, streams) {
      await request()
      return simulatedAttach(running(id), clock, streams)
    },
    async containerStats(id) {
      await request()
      const container = find(id)
      if (!container?.running || !container.run) return undefined
      const { milliCpu, memoryBytes } = container.behaviour
      const now = clock.now()
      return {
        at: now,
        cpuUsageNanos: Math.round((now - container.run.startedAt) * milliCpu * 1000),
        memoryWorkingSetBytes: memoryBytes,
      }
    },
    async putArchive(id, path, tar) {
      await request()
      await putFiles(existing(id), path, tar)
    },
    async getArchive(id, path) {
      await request()
      return getFiles(existing(id), path)
    },

    async ensureNetwork(spec) {
      await request()
      networks.ensure(spec)
    },
    async removeNetwork(name) {
      await request()
      networks.remove(name)
    },
    async ensureVolume(name, labels) {
      await request()
      if (!volumes.has(name)) volumes.set(name, labels)
      return { mountpoint: `/var/lib/docker/volumes/${name}/_data` }
    },
    async listVolumes(labels) {
      await request()
      return [...volumes]
        .map(([name, own]) => ({ name, labels: own }))
        .filter(volume => Object.entries(labels).every(([key, value]) => volume.labels[key] === value))
    },
    async removeVolume(name) {
      await request()
      const user = [...containers.values()].find(container =>
        container.spec.mounts?.some(mount => mount.type === 'volume' && mount.name === name),
      )
      if (user)
        throw new EngineError('engine-error', `cannot remove volume ${name}: container ${user.name} uses it`)
      volumes.delete(name)
    },

    events(signal) {
      checkReachable()
      return bus.watch(signal)
    },
    async dial(address, port) {
      await request()
      const container = find(networks.holderOf(address) ?? '')
      const ready =
        container?.run && clock.now() - container.run.startedAt >= container.behaviour.readyAfterMs
      if (!container?.running || !ready) {
        throw new EngineError(
          'refused',
          `cannot connect to ${address}:${port} from the server: connection refused`,
        )
      }
      return serverPort(container)
    },
    close() {
      closed = true
      bus.failAll(new EngineError('unreachable', `the connection to ${hostName} is closed`))
    },

    powerOff() {
      if (!powered) return
      powered = false
      bus.failAll(new EngineError('unreachable', `${hostName} does not answer: it has no power`))
      for (const container of containers.values()) container.powerOff()
    },
    powerOn() {
      if (powered) return
      powered = true
      // those that others share a network with come first
      const order = [...containers.values()].sort((a, b) => joins(a) - joins(b))
      for (const container of order) container.powerOn()
    },
    killContainer(id) {
      existing(id).kill()
    },
  }
  return engine
}

function joins(container: SimulatedContainer): number {
  return container.spec.network.mode === 'container' ? 1 : 0
}
