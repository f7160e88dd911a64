import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { ServerKind } from '../../../src-main/api/kinds/server.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { sleep } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { ServerProblem, type ServerLink } from '../../../src-main/servers/link.ts'
import { ServerWorker } from '../../../src-main/servers/server-worker.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'
import { createFakeLink, type FakeLinkOptions } from './fake-link.ts'

const NAME = 'web-1'
const clusterId = 'cluster-a'

let clock: ManualClock
let registry: Registry
let worker: ServerWorker
let fake: ReturnType<typeof createFakeLink>
let connect: ReturnType<typeof vi.fn<() => Promise<ServerLink>>>
let peers: Map<string, ServerLink>
const agent = { stop: vi.fn(async () => undefined) }
const startAgent = vi.fn(async () => agent)

beforeEach(async () => {
  clock = new ManualClock()
  registry = new Registry({ store: createMemoryObjectStore(), clock })
  fake = newLink()
  connect = vi.fn(async () => fake.link)
  peers = new Map()
  startAgent.mockClear()
  agent.stop.mockClear()
  await registry.create(ServerKind, {
    metadata: { name: NAME },
    spec: { ssh: { host: '192.0.2.1', agent: true } },
  })
  // the node controller's part: addresses for the pods
  registry.watch(NodeKind, ({ object, type }) => {
    if (type === 'DELETED' || object.spec.podCIDR) return
    void registry.modify(NodeKind, { name: NAME }, draft => {
      draft.spec.podCIDR = '10.244.0.0/24'
    })
  })
  worker = new ServerWorker(NAME, () => registry.get(ServerKind, NAME), {
    client: registry,
    events: { event: () => undefined },
    clock,
    logger: silentLogger,
    kubeletVersion: 'v1.0.0',
    clusterId,
    connector: { connect },
    peers: () => peers,
    startAgent,
  })
})

afterEach(() => worker.stop())

function newLink(options: FakeLinkOptions = {}) {
  const engine = createSimulatedEngine({ clock, hostName: NAME, cpus: 2, memoryBytes: 2 ** 31, latencyMs: 0 })
  return createFakeLink({ engine, ...options })
}

const ready = () => registry.get(NodeKind, NAME)?.status?.conditions?.find(({ type }) => type === 'Ready')
const connected = () =>
  registry.get(ServerKind, NAME)?.status?.conditions?.find(({ type }) => type === 'Connected')

async function connectedWorker() {
  worker.start()
  await vi.waitFor(async () => {
    await clock.advance(1)
    expect(startAgent).toHaveBeenCalled()
  })
}

/** The server dies without a word, and nothing gets through any more. */
function die() {
  fake.state.alive = false
  fake.end('connection reset')
  connect.mockRejectedValue(new ServerProblem('Connected', 'Unreachable', 'No route to 192.0.2.1.'))
}

const late = (ms: number) => sleep(clock, ms)

/** In small steps, so that what the worker writes in between has time to be written. */
async function pass(ms: number) {
  for (let passed = 0; passed < ms; passed += 250) await clock.advance(250)
}

describe('a Server that connects', () => {
  it('gets a Ready Node, then its kubelet', async () => {
    await connectedWorker()
    expect(ready()).toMatchObject({ status: 'True' })
    expect(connected()).toMatchObject({ status: 'True' })
    expect(worker.link).toBe(fake.link)
  })

  it('that belongs to another cluster is left alone', async () => {
    await fake.link.engine.ensureVolume('coxswain-claim', { 'io.coxswain.cluster': 'cluster-b' })
    worker.start()
    await pass(100)
    const claimed = registry.get(ServerKind, NAME)?.status?.conditions?.find(({ type }) => type === 'Claimed')
    expect(claimed).toMatchObject({ status: 'False', reason: 'ClaimedByOtherCluster' })
    expect(claimed?.message).toContain(
      'docker ps -aq --filter label=io.coxswain.cluster | xargs -r docker rm -fv',
    )
    expect(startAgent).not.toHaveBeenCalled()
  })
})

describe('a server that goes silent', () => {
  it('is not doubted before 8 s', async () => {
    await connectedWorker()
    die()
    await pass(7_500)
    expect(connected()).toMatchObject({ status: 'False', reason: 'Unreachable' })
    expect(ready()).toMatchObject({ status: 'True' })
  })

  it('is Unknown once no other server reaches it either', async () => {
    await connectedWorker()
    peers.set('web-2', createFakeLink({ opinion: 'does not reach' }).link)
    die()
    await pass(8_500)
    expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' })
    expect(ready()?.message).toContain('web-2 could not reach it either')
  })

  it('stays Ready when another server reaches it: only this computer is cut off', async () => {
    await connectedWorker()
    peers.set('web-2', createFakeLink({ opinion: 'reaches' }).link)
    die()
    await pass(8_500)
    expect(ready()).toMatchObject({ status: 'True', reason: 'UnreachableFromHere' })
  })

  it('says that nobody could be asked when nobody could', async () => {
    await connectedWorker()
    peers.set('web-2', createFakeLink({ opinion: 'no answer' }).link)
    die()
    await pass(8_500)
    expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NobodyToAsk' })
  })

  it('is Ready again when it comes back, with a new kubelet', async () => {
    await connectedWorker()
    die()
    await pass(20_000)
    expect(agent.stop).toHaveBeenCalledOnce()
    fake = newLink()
    connect.mockImplementation(async () => fake.link)
    await pass(15_000)
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(startAgent).toHaveBeenCalledTimes(2)
  })
})

describe('a Node that is deleted while its server is connected', () => {
  it('is registered again on the same connection, with the addresses of its pods and a new kubelet', async () => {
    await connectedWorker()
    const before = registry.get(NodeKind, NAME)
    await registry.modify(NodeKind, { name: NAME }, draft => void (draft.spec.podCIDR = '10.244.7.0/24'))
    await registry.delete(NodeKind, { name: NAME })
    await pass(2_000)
    const again = registry.get(NodeKind, NAME)
    expect(again?.metadata.uid).not.toBe(before?.metadata.uid)
    expect(again?.spec.podCIDR).toBe('10.244.7.0/24')
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(connect).toHaveBeenCalledOnce()
    expect(agent.stop).toHaveBeenCalledOnce()
    expect(startAgent).toHaveBeenCalledTimes(2)
    expect(worker.link).toBe(fake.link)
  })

  it('does not wait for its kubelet to stop, which pods without a Node would not', async () => {
    await connectedWorker()
    let stopped: () => void = () => undefined
    agent.stop.mockImplementationOnce(() => new Promise(resolve => (stopped = () => resolve(undefined))))
    await registry.delete(NodeKind, { name: NAME })
    await pass(1_000)
    expect(ready()).toMatchObject({ status: 'True' })
    expect(startAgent).toHaveBeenCalledOnce()
    stopped()
    await pass(1_000)
    expect(startAgent).toHaveBeenCalledTimes(2)
  })

  it('stays away when its Server leaves', async () => {
    await connectedWorker()
    await registry.modify(
      ServerKind,
      { name: NAME },
      draft => void (draft.metadata.finalizers = ['test/held']),
    )
    await registry.delete(ServerKind, { name: NAME })
    await registry.delete(NodeKind, { name: NAME })
    await pass(2_000)
    expect(registry.get(NodeKind, NAME)).toBeUndefined()
  })
})

describe('a connected server that was in doubt for a moment', () => {
  it('is Ready again once it answers, on the same connection', async () => {
    await connectedWorker()
    const answers = vi.spyOn(fake.link, 'ping')
    answers.mockImplementationOnce(() => late(4_000).then(() => Promise.reject(new Error('no answer'))))
    answers.mockImplementationOnce(() => late(3_000))
    await pass(9_000)
    expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NobodyToAsk' })
    await pass(3_000)
    expect(connect).toHaveBeenCalledOnce()
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
  })

  it('is Ready when its kubelet took long to start', async () => {
    let started: () => void = () => undefined
    startAgent.mockImplementationOnce(async () => {
      await new Promise<void>(resolve => (started = resolve))
      return agent
    })
    await connectedWorker()
    await pass(9_000)
    expect(ready()).toMatchObject({ status: 'Unknown' })
    started()
    await pass(4_000)
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
  })

  it('is Ready when it connects while it is being judged', async () => {
    await connectedWorker()
    let answer: (reached: boolean) => void = () => undefined
    const peer = createFakeLink().link
    const asked = vi
      .spyOn(peer, 'canReach')
      .mockImplementation(() => new Promise(resolve => (answer = resolve)))
    peers.set('web-2', peer)
    die()
    await pass(8_250)
    expect(asked).toHaveBeenCalled()
    // the peer's answer comes when the Node's Ready is written and the worker does not know so yet
    const write = registry.modifyStatus.bind(registry)
    vi.spyOn(registry, 'modifyStatus').mockImplementation(async (...args) => {
      const written = await write(...args)
      if (args[0].kind !== NodeKind.kind) return written
      answer(false)
      await new Promise(resolve => setImmediate(resolve))
      return written
    })
    fake = newLink()
    connect.mockImplementation(async () => fake.link)
    await pass(12_000)
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
  })
})

describe('a server whose Docker is down', () => {
  it('has them too when only its pings find out, and nobody is asked about the server', async () => {
    await connectedWorker()
    const peer = createFakeLink({ opinion: 'reaches' }).link
    const asked = vi.spyOn(peer, 'canReach')
    peers.set('web-2', peer)
    const stopped = new ServerProblem('DockerReady', 'EngineStopped', 'Start Docker.')
    fake.state.error = stopped
    connect.mockRejectedValue(stopped)
    await pass(25_000)
    expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(connected()).toMatchObject({ status: 'True' })
    await pass(10_000)
    expect(ready()).toMatchObject({ status: 'False', reason: 'EngineStopped' })
    expect(asked).not.toHaveBeenCalled()
  })

  it('has 30 s before its Node is not ready', async () => {
    await connectedWorker()
    fake.end('closed')
    connect.mockRejectedValue(new ServerProblem('DockerReady', 'EngineStopped', 'Start Docker.'))
    await pass(25_000)
    expect(ready()).toMatchObject({ status: 'True' })
    await pass(10_000)
    expect(ready()).toMatchObject({ status: 'False', reason: 'EngineStopped' })
  })

  describe('and that then cannot be reached any more', () => {
    const stopped = new ServerProblem('DockerReady', 'EngineStopped', 'Start Docker.')

    beforeEach(async () => {
      await connectedWorker()
      fake.end('closed')
      connect.mockRejectedValue(stopped)
      await pass(35_000)
      expect(ready()).toMatchObject({ status: 'False', reason: 'EngineStopped' })
    })

    it('is Unknown, and not for ever what it was last', async () => {
      die()
      await pass(30_000)
      expect(ready()).toMatchObject({ status: 'Unknown', reason: 'NobodyToAsk' })
    })

    it('is not taken for well because another server reaches it, until its Docker answers', async () => {
      die()
      await pass(30_000)
      peers.set('web-2', createFakeLink({ opinion: 'reaches' }).link)
      await pass(20_000)
      expect(ready()).toMatchObject({ status: 'False', reason: 'EngineStopped' })
      fake = newLink()
      connect.mockImplementation(async () => fake.link)
      await pass(15_000)
      expect(ready()).toMatchObject({ status: 'True', reason: 'KubeletReady' })
      die()
      await pass(20_000)
      expect(ready()).toMatchObject({ status: 'True', reason: 'UnreachableFromHere' })
    })
  })
})
