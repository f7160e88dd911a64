import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { ServerKind } from '../../../src-main/api/kinds/server.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { Server } from '../../../src-main/api/types.ts'
import type { ContainerSpec, Engine } from '../../../src-main/engine/engine.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { Fleet } from '../../../src-main/servers/fleet.ts'
import { ServerProblem, type Connector } from '../../../src-main/servers/link.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'
import { createFakeLink } from './fake-link.ts'

const clusterId = 'cluster-a'
const OURS = { 'io.coxswain.cluster': clusterId }
const container: Omit<ContainerSpec, 'name' | 'labels'> = {
  image: 'web:1',
  environment: [],
  restartPolicy: 'no',
  network: { mode: 'none' },
}

let clock: ManualClock
let registry: Registry
let engines: Map<string, Engine>
/** Servers that cannot be connected to, and why. */
let away: Map<string, ServerProblem>
let told: string[]
let torn: Engine[]
let fleet: Fleet

beforeEach(() => {
  clock = new ManualClock()
  registry = new Registry({ store: createMemoryObjectStore(), clock })
  engines = new Map()
  away = new Map()
  told = []
  torn = []
  registry.watch(NodeKind, ({ object: { metadata, spec }, type }) => {
    if (type === 'DELETED' || spec.podCIDR) return
    void registry.modify(NodeKind, metadata, draft => void (draft.spec.podCIDR = '10.244.0.0/24'))
  })
  fleet = startFleet()
})

afterEach(() => fleet.stop())

const connector: Connector = {
  async connect({ metadata: { name } }: Server) {
    const problem = away.get(name)
    if (problem) throw problem
    return createFakeLink({ engine: engineOf(name) }).link
  },
}

function engineOf(name: string): Engine {
  const found =
    engines.get(name) ??
    createSimulatedEngine({
      clock,
      hostName: name,
      cpus: 2,
      memoryBytes: 2 ** 31,
      latencyMs: 0,
      images: ['web:1'],
    })
  engines.set(name, found)
  return found
}

function startFleet(beforeRemoval?: (engine: Engine) => Promise<void>): Fleet {
  const made = new Fleet({
    client: registry,
    events: { event: (_object, _type, reason, message) => void told.push(`${reason} ${message}`) },
    clock,
    logger: silentLogger,
    clusterId,
    kubeletVersion: 'v1.0.0',
    connectors: { ssh: connector, local: connector, simulated: connector },
    startAgent: async () => ({ stop: async () => undefined }),
    beforeRemoval: beforeRemoval ?? (async engine => void torn.push(engine)),
  })
  made.start()
  return made
}

async function addServer(name: string): Promise<void> {
  await registry.create(ServerKind, { metadata: { name }, spec: { ssh: { host: '192.0.2.1', agent: true } } })
}

async function waitFor(what: () => Promise<void> | void): Promise<void> {
  const step = async () => {
    await clock.advance(250)
    await what()
  }
  await vi.waitFor(step, { timeout: 10_000, interval: 5 })
}

const isConnected = (name: string) => expect(fleet.linkOf(name)).toBeDefined()
const isGone = (name: string) => expect(registry.get(ServerKind, name)).toBeUndefined()

/** A connected server with one container of a pod. */
async function connected(name: string): Promise<Engine> {
  await addServer(name)
  await waitFor(() => isConnected(name))
  const engine = engineOf(name)
  await engine.createContainer({ ...container, name: `pod-of-${name}`, labels: OURS })
  return engine
}

async function leftOn(engine: Engine): Promise<string[]> {
  const [containers, volumes] = await Promise.all([engine.listContainers({}), engine.listVolumes({})])
  return [...containers, ...volumes].map(({ name }) => name)
}

const unreachable = () => new ServerProblem('Connected', 'Unreachable', 'No route to it.')

describe('a Server that is removed', () => {
  it('is cleaned and forgotten', async () => {
    const engine = await connected('a')
    await registry.delete(ServerKind, { name: 'a' })
    await waitFor(() => isGone('a'))
    expect(await leftOn(engine)).toEqual([])
    expect(torn).toEqual([engine])
    expect(told).toEqual([])
  })

  it('and is out of reach at first, is cleaned once it is back, and holds up no other', async () => {
    const engine = await connected('a')
    away.set('a', unreachable())
    await registry.delete(ServerKind, { name: 'a' })
    await clock.advance(5_000)
    await addServer('b')
    await waitFor(() => isConnected('b'))
    expect(registry.get(ServerKind, 'a')).toBeDefined()
    away.clear()
    await waitFor(() => isGone('a'))
    expect(await leftOn(engine)).toEqual([])
    expect(told).toEqual([])
  })

  it('and stays out of reach, is let go after 30 s with the commands that clean it', async () => {
    await connected('a')
    away.set('a', unreachable())
    await registry.delete(ServerKind, { name: 'a' })
    for (let second = 0; second < 28; second++) await clock.advance(1_000)
    expect(registry.get(ServerKind, 'a')).toBeDefined()
    await waitFor(() => isGone('a'))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^LeftBehind .*No route to it.*coxswain-system teardown; docker ps -aq/)
  })

  it('and was never reached, is let go at once: there is nothing to clean', async () => {
    away.set('a', unreachable())
    await addServer('a')
    await clock.advance(2_000)
    await registry.delete(ServerKind, { name: 'a' })
    await clock.advance(0)
    isGone('a')
    expect(told.join()).not.toContain('LeftBehind')
  })

  it('and whose key only a person could mend, is let go at once', async () => {
    await connected('a')
    away.set('a', new ServerProblem('Connected', 'HostKeyChanged', 'Another key.', { needsPerson: true }))
    await registry.delete(ServerKind, { name: 'a' })
    await waitFor(() => isGone('a'))
    expect(told[0]).toMatch(/^LeftBehind .*Another key/)
  })

  it('and cannot be cleaned, says why once for each reason, and is tried less and less often', async () => {
    const engine = await connected('a')
    await fleet.stop()
    let why = 'network coxswain has active endpoints'
    const beforeRemoval = vi.fn(() => Promise.reject(new Error(why)))
    fleet = startFleet(beforeRemoval)
    await waitFor(() => isConnected('a'))
    await registry.delete(ServerKind, { name: 'a' })
    for (let second = 0; second < 64; second++) await clock.advance(1_000)
    // at 0, 1, 3, 7, 15, 31 and 63 s
    expect(beforeRemoval).toHaveBeenCalledTimes(7)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^RemovalFailed .*active endpoints/)
    why = 'the disk is full'
    for (let second = 0; second < 60; second++) await clock.advance(1_000)
    expect(told[1]).toMatch(/^RemovalFailed .*disk is full/)
    beforeRemoval.mockImplementation(() => Promise.resolve() as Promise<never>)
    await waitFor(() => isGone('a'))
    expect(await leftOn(engine)).toEqual([])
    expect(told).toHaveLength(2)
  })

  it('is cleaned by the next Coxswain when this one ends in the middle', async () => {
    const engine = await connected('a')
    await fleet.stop()
    fleet = startFleet(() => Promise.reject(new Error('the connection is gone')))
    await registry.delete(ServerKind, { name: 'a' })
    await clock.advance(100)
    await fleet.stop()
    expect(await leftOn(engine)).toContain('pod-of-a')
    fleet = startFleet()
    await waitFor(() => isGone('a'))
    expect(await leftOn(engine)).toEqual([])
  })

  it('and is let go while it is away, can be taken by another Server once it is back', async () => {
    const engine = await connected('a')
    away.set('a', unreachable())
    await registry.delete(ServerKind, { name: 'a' })
    await waitFor(() => isGone('a'))
    engines.set('b', engine)
    await addServer('b')
    await waitFor(() => isConnected('b'))
    await registry.delete(ServerKind, { name: 'b' })
    await waitFor(() => isGone('b'))
    expect(await leftOn(engine)).toEqual([])
  })

  it('and is made again under its name, has the machine again', async () => {
    const engine = await connected('a')
    away.set('a', unreachable())
    await registry.delete(ServerKind, { name: 'a' })
    await waitFor(() => isGone('a'))
    away.clear()
    await addServer('a')
    await waitFor(() => isConnected('a'))
    engines.set('b', engine)
    await addServer('b')
    await waitFor(() => expect(told.at(-1)).toMatch(/^ClaimedByOtherServer This machine is Server a /))
  })

  it('and belongs to another cluster, stays as it is', async () => {
    const engine = engineOf('a')
    const theirs = { 'io.coxswain.cluster': 'cluster-b' }
    await engine.ensureVolume('coxswain-claim', theirs)
    await engine.createContainer({ ...container, name: 'their-pod', labels: theirs })
    await addServer('a')
    await waitFor(() => expect(told[0]).toMatch(/^ClaimedByOtherCluster/))
    await registry.delete(ServerKind, { name: 'a' })
    await waitFor(() => isGone('a'))
    expect(await leftOn(engine)).toEqual(['their-pod', 'coxswain-claim'])
  })
})

describe('a second Server with the machine of another', () => {
  async function refused(): Promise<Engine> {
    const engine = await connected('old')
    engines.set('new', engine)
    await addServer('new')
    await waitFor(() => expect(told[0]).toMatch(/^ClaimedByOtherServer This machine is Server old /))
    expect(fleet.linkOf('new')).toBeUndefined()
    expect(registry.get(NodeKind, 'new')).toBeUndefined()
    return engine
  }

  it('is refused, and takes nothing away when it is deleted', async () => {
    const engine = await refused()
    const before = await leftOn(engine)
    expect(before).toContain('pod-of-old')
    await registry.delete(ServerKind, { name: 'new' })
    await waitFor(() => isGone('new'))
    expect(await leftOn(engine)).toEqual(before)
    expect(torn).toEqual([])
    isConnected('old')
  })

  it('takes it once the other one is deleted, with nothing of it left', async () => {
    const engine = await refused()
    await registry.delete(ServerKind, { name: 'old' })
    await waitFor(() => isGone('old'))
    expect((await engine.listContainers({})).map(({ name }) => name)).toEqual([])
    await waitFor(() => isConnected('new'))
    await engine.createContainer({ ...container, name: 'pod-of-new', labels: OURS })
    await registry.delete(ServerKind, { name: 'new' })
    await waitFor(() => isGone('new'))
    expect(await leftOn(engine)).toEqual([])
  })

  it('is refused by the next Coxswain too, whichever it connects first', async () => {
    const engine = await refused()
    await fleet.stop()
    away.set('old', unreachable())
    fleet = startFleet()
    await waitFor(() => expect(told.filter(words => words.includes('Unreachable'))).not.toEqual([]))
    await clock.advance(2_000)
    expect(fleet.linkOf('new')).toBeUndefined()
    expect(await leftOn(engine)).toContain('pod-of-old')
  })
})
