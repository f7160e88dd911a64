import { beforeEach, describe, expect, it } from 'vitest'
import { ServerKind } from '../../../src-main/api/kinds/server.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { Engine } from '../../../src-main/engine/engine.ts'
import { createSimulatedEngine } from '../../../src-main/engine/simulated/simulated-engine.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { claimServer, mayClean, releaseClaim, type Claimant } from '../../../src-main/servers/claim.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'

const clusterId = 'cluster-a'
const OURS = { 'io.coxswain.cluster': clusterId }

let registry: Registry
let engine: Engine

beforeEach(() => {
  const clock = new ManualClock()
  registry = new Registry({ store: createMemoryObjectStore(), clock })
  engine = createSimulatedEngine({ clock, hostName: 'm', cpus: 1, memoryBytes: 2 ** 30, latencyMs: 0 })
})

async function claimant(name: string): Promise<Claimant> {
  const spec = { ssh: { host: '192.0.2.1', agent: true } }
  const server = await registry.create(ServerKind, { metadata: { name }, spec })
  return { clusterId, client: registry, server }
}

const volumes = () => engine.listVolumes({})
const refusal = { reason: 'ClaimedByOtherServer', condition: 'Claimed', needsPerson: true }

describe('the claim on a machine', () => {
  it('holds for the same Server again and again', async () => {
    const a = await claimant('a')
    await claimServer(engine, a)
    await claimServer(engine, a)
    expect(await mayClean(engine, a)).toBe(true)
  })

  it('is refused to a second Server, which changes nothing there', async () => {
    await claimServer(engine, await claimant('a'))
    const before = await volumes()
    const b = await claimant('b')
    await expect(claimServer(engine, b)).rejects.toMatchObject(refusal)
    await expect(claimServer(engine, b)).rejects.toThrow(
      /Server a .*kubectl delete server.*docker volume rm /,
    )
    expect(await mayClean(engine, b)).toBe(false)
    expect(await volumes()).toEqual(before)
  })

  it('that names a cluster only, as earlier versions wrote it, goes to the first Server that connects', async () => {
    await engine.ensureVolume('coxswain-claim', OURS)
    await claimServer(engine, await claimant('a'))
    await expect(claimServer(engine, await claimant('b'))).rejects.toMatchObject(refusal)
  })

  it('of a Server that is no longer there goes to one of two that want it at once', async () => {
    await claimServer(engine, await claimant('gone'))
    await registry.delete(ServerKind, { name: 'gone' })
    const both = [await claimant('a'), await claimant('b')]
    const outcomes = await Promise.allSettled(both.map(each => claimServer(engine, each)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const cleaners = await Promise.all(both.map(each => mayClean(engine, each)))
    expect(cleaners).toEqual(outcomes.map(({ status }) => status === 'fulfilled'))
  })

  it('that names nobody locks nobody out', async () => {
    await engine.ensureVolume(`coxswain-claim-${clusterId}`, {})
    const a = await claimant('a')
    await claimServer(engine, a)
    expect(await mayClean(engine, a)).toBe(true)
  })

  it('that was given back by half is whole again at the next connection', async () => {
    const a = await claimant('a')
    await claimServer(engine, a)
    const whole = await volumes()
    for (const { name } of whole) {
      await engine.removeVolume(name)
      await claimServer(engine, a)
      expect(await volumes()).toEqual(expect.arrayContaining(whole))
    }
    await releaseClaim(engine, clusterId)
    expect(await volumes()).toEqual([])
  })

  it('of another cluster is left alone, also when that one comes in between', async () => {
    const theirs = { 'io.coxswain.cluster': 'cluster-b' }
    const late: Engine = {
      ...engine,
      async ensureVolume(name, labels) {
        if (name !== 'coxswain-claim') await engine.ensureVolume('coxswain-claim', theirs)
        return engine.ensureVolume(name, labels)
      },
    }
    const a = await claimant('a')
    const foreign = { reason: 'ClaimedByOtherCluster' }
    await expect(claimServer(late, a)).rejects.toMatchObject(foreign)
    await expect(claimServer(engine, a)).rejects.toMatchObject(foreign)
    expect(await mayClean(engine, a)).toBe(false)
    expect(await volumes()).toEqual([{ name: 'coxswain-claim', labels: theirs }])
  })
})
