import { beforeEach, describe, expect, it } from 'vitest'
import type { ContainerSpec, EngineEvent } from '../../../../src-main/engine/engine.ts'
import {
  createSimulatedEngine,
  type SimulatedEngine,
} from '../../../../src-main/engine/simulated/simulated-engine.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'

let clock: ManualClock
let engine: SimulatedEngine

beforeEach(() => {
  clock = new ManualClock()
  engine = createSimulatedEngine({
    clock,
    cpus: 2,
    memoryBytes: 2 ** 32,
    hostName: 'sim-1',
    random: () => 0.5,
    images: ['web:1'],
  })
})

async function start(extra: Partial<ContainerSpec> = {}): Promise<string> {
  const id = await engine.createContainer({
    name: 'web',
    image: 'web:1',
    labels: {},
    environment: [],
    restartPolicy: 'always',
    network: { mode: 'none' },
    ...extra,
  })
  await engine.startContainer(id)
  return id
}

const crashing = { environment: ['COXSWAIN_SIM_EXIT_AFTER=50', 'COXSWAIN_SIM_EXIT_CODE=1'] }

describe('a simulated container', () => {
  it('waits 100 ms before its first restart and doubles that each time, up to a minute', async () => {
    const id = await start(crashing)
    const starts: number[] = []
    const abort = new AbortController()
    const events = engine.events(abort.signal)
    const reading = (async () => {
      for await (const event of events) {
        if (event.type === 'container' && event.action === 'start') starts.push(event.at)
      }
    })()
    await clock.advance(300_000)
    abort.abort()
    await reading
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0) - 50)
    expect(gaps.slice(0, 9)).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200])
    expect(gaps.slice(9).every(gap => gap === 60_000)).toBe(true)
    expect((await engine.inspectContainer(id))?.restartCount).toBeGreaterThan(9)
  })

  it('forgets the back-off after a run of ten seconds', async () => {
    const id = await start()
    for (let i = 0; i < 5; i++) {
      await clock.advance(10_000)
      engine.killContainer(id)
      expect(await engine.inspectContainer(id)).toMatchObject({
        state: 'restarting',
        exitCode: 137,
        restartCount: i + 1,
      })
      await clock.advance(100)
      expect(await engine.inspectContainer(id)).toMatchObject({ state: 'running' })
    }
  })

  it('is not restarted once it was stopped by hand, not even in its back-off', async () => {
    const id = await start(crashing)
    await clock.advance(60)
    expect(await engine.inspectContainer(id)).toMatchObject({ state: 'restarting' })
    await engine.stopContainer(id, { timeoutSeconds: 10 })
    await clock.advance(60_000)
    expect(await engine.inspectContainer(id)).toMatchObject({ state: 'exited', restartCount: 1 })
    await engine.startContainer(id)
    expect(await engine.inspectContainer(id)).toMatchObject({ state: 'running', restartCount: 0 })
  })

  it('is killed when it uses more memory than its limit', async () => {
    const id = await start({
      environment: ['COXSWAIN_SIM_MEMORY=2000000'],
      resources: { memoryBytes: 1_000_000 },
      restartPolicy: 'no',
    })
    await clock.advance(1000)
    expect(await engine.inspectContainer(id)).toMatchObject({
      state: 'exited',
      exitCode: 137,
      oomKilled: true,
    })
  })

  it('says why it does not start', async () => {
    const environment = ['COXSWAIN_SIM_START_ERROR=exec format error']
    await expect(start({ environment })).rejects.toMatchObject({ code: 'start-failed' })
    expect(await engine.inspectContainer('web')).toMatchObject({
      state: 'created',
      error: expect.stringContaining('exec format'),
    })
  })

  it('answers HTTP at its address once it is ready', async () => {
    await engine.ensureNetwork({ name: 'pods', subnet: '10.244.1.0/24', gateway: '10.244.1.1', labels: {} })
    await start({
      environment: ['COXSWAIN_SIM_READY_AFTER=1000', 'COXSWAIN_SIM_HTTP_STATUS=503'],
      network: { mode: 'bridge', name: 'pods', ipv4: '10.244.1.9' },
    })
    await expect(engine.dial('10.244.1.9', 80)).rejects.toMatchObject({ code: 'refused' })
    await clock.advance(1000)
    const port = await engine.dial('10.244.1.9', 80)
    port.write('GET / HTTP/1.1\r\n\r\n')
    const [answer] = (await new Promise(resolve => port.once('data', (...data) => resolve(data)))) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 /)
    const closed = new Promise(resolve => port.once('close', resolve))
    await engine.removeContainer('web')
    await closed
  })
})

describe('a power cut', () => {
  it('makes everything unreachable, and ends the watches', async () => {
    await start()
    const events = engine.events(new AbortController().signal)[Symbol.asyncIterator]()
    const next = events.next()
    engine.powerOff()
    await expect(next).rejects.toMatchObject({ code: 'unreachable' })
    await expect(engine.listContainers({})).rejects.toMatchObject({ code: 'unreachable' })
    expect(() => engine.events(new AbortController().signal)).toThrow('no power')
  })

  it('brings back what its restart policy says', async () => {
    const ids = new Map<string, string>()
    const environment = ['COXSWAIN_SIM_EXIT_AFTER=never']
    for (const restartPolicy of ['no', 'on-failure', 'always', 'unless-stopped'] as const) {
      ids.set(restartPolicy, await start({ name: `runs-${restartPolicy}`, restartPolicy, environment }))
      const stopped = await start({ name: `stopped-${restartPolicy}`, restartPolicy, environment })
      ids.set(`stopped ${restartPolicy}`, stopped)
      const stopping = engine.stopContainer(stopped, { timeoutSeconds: 1 })
      await clock.advance(0) // the request arrives
      await clock.advance(1000)
      await stopping
    }
    engine.powerOff()
    await clock.advance(60_000)
    engine.powerOn()
    const states: Record<string, string> = {}
    for (const [name, id] of ids) states[name] = (await engine.inspectContainer(id))?.state ?? 'missing'
    expect(states).toEqual({
      no: 'exited',
      'on-failure': 'running',
      always: 'running',
      'unless-stopped': 'running',
      'stopped no': 'exited',
      'stopped on-failure': 'exited',
      // as Docker does when it boots
      'stopped always': 'running',
      'stopped unless-stopped': 'exited',
    })
  })
})

describe('simulated images', () => {
  it('take their time, once for all who wait', async () => {
    const pulls = [engine.pullImage('nginx'), engine.pullImage('docker.io/library/nginx:latest')]
    expect(await engine.inspectImage('nginx')).toBeUndefined()
    await clock.advance(900)
    const [one, two] = await Promise.all(pulls)
    expect(one?.id).toBe(two?.id)
    expect(await engine.inspectImage('nginx:latest')).toMatchObject({ tags: ['nginx:latest'] })
  })
})

describe('the simulation', () => {
  it('holds 1,000 servers of 30 containers', async () => {
    const seen: EngineEvent[] = []
    const fleet = Array.from({ length: 1000 }, (_unused, index) =>
      createSimulatedEngine({
        clock,
        cpus: 8,
        memoryBytes: 2 ** 35,
        hostName: `sim-${index}`,
        images: ['web:1'],
      }),
    )
    for (const server of fleet) {
      const watch = server.events(new AbortController().signal)[Symbol.asyncIterator]()
      void watch.next().then(({ value }) => value && seen.push(value))
      for (let n = 0; n < 30; n++) {
        const spec = { name: `c${n}`, image: 'web:1', labels: { n: String(n) }, environment: [] }
        const id = await server.createContainer({
          ...spec,
          restartPolicy: 'always',
          network: { mode: 'none' },
        })
        await server.startContainer(id)
      }
    }
    await clock.advance(60_000)
    const running = await Promise.all(fleet.map(server => server.listContainers({ n: '7' })))
    expect(running.flat().filter(({ state }) => state === 'running')).toHaveLength(1000)
    expect(seen).toHaveLength(1000)
  })
})
