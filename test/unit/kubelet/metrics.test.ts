import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ContainerStats, Engine, EngineContainer } from '../../../src-main/engine/engine.ts'
import { LABEL, SANDBOX } from '../../../src-main/kubelet/container-labels.ts'
import { NodeMetrics } from '../../../src-main/kubelet/metrics.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'

interface Running {
  pod: string
  container: string
  milliCpu: number
  startedAt: number
}

let clock: ManualClock
let running: Map<string, Running>
let broken: boolean
let metrics: NodeMetrics
let abort: AbortController
const containerStats = vi.fn<(id: string) => Promise<ContainerStats | undefined>>()

beforeEach(() => {
  clock = new ManualClock()
  running = new Map()
  broken = false
  abort = new AbortController()
  containerStats.mockReset().mockImplementation(async id => {
    const container = running.get(id)
    if (!container) return undefined
    const cpuUsageNanos = (clock.now() - container.startedAt) * container.milliCpu * 1000
    return { at: clock.now(), cpuUsageNanos, memoryWorkingSetBytes: 1000 }
  })
  const listContainers = async () => {
    if (broken) throw new Error('the connection was lost')
    return [...running].map(([id, { pod, container }]) => ({
      id,
      state: 'running',
      labels: { [LABEL.podUid]: pod, [LABEL.container]: container },
    })) as unknown as EngineContainer[]
  }
  const engine = { listContainers, containerStats } as unknown as Engine
  metrics = new NodeMetrics({ engine, clusterId: 'c', clock, logger: silentLogger, signal: abort.signal })
})

const run = (id: string, pod: string, container: string, milliCpu = 250) =>
  running.set(id, { pod, container, milliCpu, startedAt: clock.now() })

/** A question, with the time that its answer takes. */
async function ask<T>(question: Promise<T>): Promise<T> {
  await clock.advance(0)
  await clock.advance(1_000)
  return question
}

describe('metrics of a node', () => {
  it('answers the first question with the use over one second', async () => {
    run('a', 'p1', 'main')
    run('b', 'p1', 'side', 500)
    run('s', 'p1', SANDBOX, 1)
    run('c', 'p2', 'main')
    const usage = await ask(metrics.pod('p1'))
    expect(usage?.windowMs).toBe(1_000)
    expect(usage?.containers).toEqual([
      { name: 'main', cpuNanoCores: 250_000_000, memoryBytes: 1000 },
      { name: 'side', cpuNanoCores: 500_000_000, memoryBytes: 1000 },
    ])
    expect(await metrics.node()).toMatchObject({ cpuNanoCores: 1_001_000_000, memoryBytes: 4000 })
  })

  it('measures every 15 s while somebody asks, and stops after two minutes of silence', async () => {
    run('a', 'p1', 'main')
    await ask(metrics.pod('p1'))
    expect(containerStats).toHaveBeenCalledTimes(2)
    await clock.advance(30_000)
    expect(containerStats).toHaveBeenCalledTimes(4)
    expect((await metrics.pod('p1'))?.windowMs).toBe(15_000)
    await clock.advance(600_000)
    expect(containerStats.mock.calls.length).toBeLessThanOrEqual(12)
    const before = containerStats.mock.calls.length
    await clock.advance(600_000)
    expect(containerStats).toHaveBeenCalledTimes(before)
    expect((await ask(metrics.pod('p1')))?.windowMs).toBe(1_000)
  })

  it('takes two samples for any number of first questions', async () => {
    run('a', 'p1', 'main')
    await ask(Promise.all([metrics.pod('p1'), metrics.node(), metrics.pod('p1')]))
    expect(containerStats).toHaveBeenCalledTimes(2)
  })

  it('knows nothing of a pod without two samples, nor of a container that began anew', async () => {
    run('a', 'p1', 'main')
    await ask(metrics.pod('p1'))
    run('b', 'p2', 'main')
    expect(await metrics.pod('p2')).toBeUndefined()
    await clock.advance(15_000)
    expect(await metrics.pod('p2')).toBeUndefined()
    run('a', 'p1', 'main', 1)
    await clock.advance(15_000)
    expect(await metrics.pod('p1')).toBeUndefined()
    expect(await metrics.pod('p2')).toBeDefined()
  })

  it('has no figures while the server does not answer, and new ones afterwards', async () => {
    run('a', 'p1', 'main')
    await ask(metrics.pod('p1'))
    broken = true
    await clock.advance(15_000)
    expect(await ask(metrics.pod('p1'))).toBeUndefined()
    broken = false
    expect(await ask(metrics.pod('p1'))).toBeDefined()
  })

  it('stops with its kubelet', async () => {
    run('a', 'p1', 'main')
    await ask(metrics.pod('p1'))
    abort.abort()
    await clock.advance(60_000)
    expect(containerStats).toHaveBeenCalledTimes(2)
  })
})
