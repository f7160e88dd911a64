import { beforeEach, describe, expect, it } from 'vitest'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { Container, PodSpec } from '../../../src-main/api/types.ts'
import type { KubeletOptions } from '../../../src-main/kubelet/kubelet.ts'
import { ScriptedEngine } from './scripted-engine.ts'
import { IMAGE, TestNode } from './test-node.ts'

let node: TestNode
let script: ScriptedEngine

beforeEach(async () => {
  node = await TestNode.create()
  script = new ScriptedEngine(node.engine)
  await useKubelet()
})

/** Another kubelet over the same engine. */
async function useKubelet(more: Partial<KubeletOptions> = {}): Promise<void> {
  const stopped = node.kubelet.stop()
  await node.pass(2_000) // what is under way gets so long
  await stopped
  node.kubelet = node.newKubelet(script.engine, more)
  await node.kubelet.start()
  await node.settle()
}

const key = { name: 'web-1', namespace: 'default' }
const preStop = (command: string) => ({ lifecycle: { preStop: { exec: { command: [command] } } } })
const STUBBORN = [{ name: 'COXSWAIN_SIM_STOP_AFTER', value: 'never' }]

async function run(web: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Promise<void> {
  await node.createPod('web-1', { containers: [{ name: 'web', image: IMAGE, ...web }], ...spec })
  await node.settle()
  script.calls.length = 0
}

async function remove(gracePeriodSeconds?: number): Promise<void> {
  await node.registry.delete(PodKind, key, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })
  await node.settle()
}

const gone = () => node.registry.get(PodKind, 'web-1', 'default') === undefined
const events = (reason: string) => node.events.filter(event => event.includes(` ${reason} `))

describe('a pod that leaves', () => {
  it('waits until nobody sends to it, then runs preStop, then gets its signal', async () => {
    let settle: () => void = () => undefined
    const drain = { settled: () => new Promise<void>(resolve => (settle = resolve)) }
    await useKubelet({ drain })
    await run(preStop('bye'))
    await remove()
    await node.pass(3_000)
    expect(script.calls).toEqual([])
    settle()
    await node.pass(1_000)
    expect(script.calls).toEqual(['bye', 'stop 27'])
    expect(gone()).toBe(true)
  })

  it('does not wait for ever for a server that has not let go of it', async () => {
    await useKubelet({ drain: { settled: () => new Promise<void>(() => undefined) } })
    await run()
    await remove()
    await node.pass(14_000)
    expect(script.calls).toEqual([])
    await node.pass(2_000)
    expect(script.calls).toEqual(['stop 15'])
    expect(gone()).toBe(true)
  })

  it('ends though nobody can tell who sends to it', async () => {
    await useKubelet({ drain: { settled: () => Promise.reject(new Error('no network')) } })
    await run()
    await remove()
    await node.pass(1_000)
    expect(gone()).toBe(true)
  })

  it('has preStop within its grace, and 2 s for its signal at least', async () => {
    script.answers.set('bye', 'never')
    await run(preStop('bye'), { terminationGracePeriodSeconds: 5 })
    await remove()
    await node.pass(4_000)
    expect(script.calls).toEqual(['bye'])
    await node.pass(2_000)
    expect(script.calls).toEqual(['bye', 'stop 2'])
    expect(events('FailedPreStopHook')[0]).toContain('it was not done when the grace was over')
  })

  it('is told of a preStop that fails, and ends', async () => {
    script.answers.set('bye', 1)
    await run(preStop('bye'))
    await remove()
    await node.pass(1_000)
    expect(events('FailedPreStopHook')[0]).toContain('PreStopHook failed: command "bye" exited with 1')
    expect(gone()).toBe(true)
  })

  it('sleeps as preStop asks', async () => {
    await run({ lifecycle: { preStop: { sleep: { seconds: 7 } } } })
    await remove()
    await node.pass(6_500)
    expect(script.calls).toEqual([])
    await node.pass(1_000)
    expect(script.calls).toEqual(['stop 23'])
  })

  it('has the rest of its grace under a new kubelet', async () => {
    await run({ env: STUBBORN })
    await remove()
    await node.pass(10_000)
    await useKubelet()
    await node.pass(1_000)
    expect(script.calls).toEqual(['stop 30', 'stop 18'])
    await node.pass(20_000)
    expect(gone()).toBe(true)
  })

  it('gets less time when it is deleted again with less', async () => {
    await run({ ...preStop('bye'), env: STUBBORN })
    script.answers.set('bye', 'never')
    await remove()
    await node.pass(2_000)
    await remove(3)
    await node.pass(4_000)
    expect(gone()).toBe(true)
  })

  it('ends its sidecars after the containers that they serve, the last one first', async () => {
    const sidecar = (name: string) => ({
      name,
      image: IMAGE,
      restartPolicy: 'Always' as const,
      ...preStop(`bye ${name}`),
    })
    await run(preStop('bye web'), { initContainers: [sidecar('one'), sidecar('two')] })
    await remove()
    await node.pass(2_000)
    const hooks = script.calls.filter(call => call.startsWith('bye'))
    expect(hooks).toEqual(['bye web', 'bye two', 'bye one'])
    expect(gone()).toBe(true)
  })

  it('runs preStop before a restart for its health too', async () => {
    const livenessProbe = { exec: { command: ['alive'] }, periodSeconds: 2, failureThreshold: 1 }
    await run({ ...preStop('bye'), livenessProbe })
    script.answers.set('alive', 1)
    await node.pass(2_000)
    expect(script.calls.slice(0, 3)).toEqual(['alive', 'bye', 'stop 30'])
  })
})
