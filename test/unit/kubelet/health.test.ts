import { beforeEach, describe, expect, it } from 'vitest'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { Container, PodSpec } from '../../../src-main/api/types.ts'
import { ScriptedEngine } from './scripted-engine.ts'
import { IMAGE, TestNode } from './test-node.ts'

let node: TestNode
let script: ScriptedEngine

beforeEach(async () => {
  node = await TestNode.create()
  script = new ScriptedEngine(node.engine)
  await takeOver()
})

const command = (name: string) => ({ exec: { command: [name] } })

async function run(web: Partial<Container>, spec: Partial<PodSpec> = {}): Promise<void> {
  await node.createPod('web-1', { containers: [{ name: 'web', image: IMAGE, ...web }], ...spec })
  await node.settle()
}

const status = () => node.pod('web-1').status?.containerStatuses?.[0]
const ready = () => node.pod('web-1').status?.conditions?.find(({ type }) => type === 'Ready')
const ofReason = (reason: string) => node.events.filter(event => event.includes(` ${reason} `))
const key = { name: 'web-1', namespace: 'default' }

/** Another kubelet over the same engine. */
async function takeOver(): Promise<void> {
  await node.kubelet.stop()
  node.kubelet = node.newKubelet(script.engine)
  await node.kubelet.start()
  await node.settle()
}

describe('a readiness probe', () => {
  const probed = { readinessProbe: { ...command('ready'), periodSeconds: 2, failureThreshold: 2 } }

  it('makes the container ready as soon as it succeeds', async () => {
    script.answers.set('ready', 1)
    await run(probed)
    await node.pass(1_000)
    expect(status()).toMatchObject({ ready: false, started: true })
    expect(ready()).toMatchObject({ status: 'False', reason: 'ContainersNotReady' })
    script.answers.set('ready', 0)
    await node.pass(1_000)
    expect(status()?.ready).toBe(true)
    expect(ready()?.status).toBe('True')
  })

  it('takes readiness away after its failures, dates the change, and restarts nothing', async () => {
    await run(probed)
    await node.pass(5_000)
    const before = ready()
    script.answers.set('ready', 1)
    await node.pass(5_000)
    expect(ready()?.status).toBe('False')
    const moved =
      Date.parse(String(ready()?.lastTransitionTime)) - Date.parse(String(before?.lastTransitionTime))
    expect(moved).toBeGreaterThanOrEqual(5_000)
    expect(status()?.restartCount).toBe(0)
    expect(ofReason('Unhealthy')[0]).toBe('web-1 Warning Unhealthy Readiness probe failed: exit code 1')
  })

  it('keeps its word over a change of kubelets until it says otherwise', async () => {
    await run(probed)
    await node.pass(3_000)
    script.answers.set('ready', 1)
    await takeOver()
    expect(status()?.ready).toBe(true)
    await node.pass(6_000)
    expect(status()?.ready).toBe(false)
    await takeOver()
    expect(status()?.ready).toBe(false)
  })

  it('begins anew when the container has been started again', async () => {
    await run(probed)
    await node.pass(3_000)
    script.answers.set('ready', 1)
    node.engine.killContainer((await node.container()).id)
    await node.pass(1_500)
    expect(status()).toMatchObject({ ready: false, restartCount: 1 })
  })

  it('goes on while the pod leaves', async () => {
    const env = [{ name: 'COXSWAIN_SIM_STOP_AFTER', value: 'never' }]
    await run({ ...probed, env })
    await node.pass(3_000)
    await node.registry.delete(PodKind, key)
    await node.settle()
    expect(status()?.ready).toBe(true)
    script.answers.set('ready', 1)
    await node.pass(6_000)
    expect(status()?.ready).toBe(false)
  })
})

describe('a liveness probe', () => {
  const probed = { livenessProbe: { ...command('alive'), periodSeconds: 1, failureThreshold: 2 } }

  it('has the container restarted, and says so', async () => {
    await run(probed)
    const { id } = await node.container()
    script.answers.set('alive', 1)
    await node.pass(2_000)
    script.answers.set('alive', 0)
    await node.pass(1_000)
    expect(status()).toMatchObject({ restartCount: 1, ready: true, state: { running: {} } })
    expect((await node.container()).id).toBe(id)
    expect(ofReason('Killing')).toEqual([
      'web-1 Normal Killing Container web: it failed its liveness probe, will be restarted',
    ])
  })

  it('restarts at once, then after 10 s, then after 20 s', async () => {
    script.answers.set('alive', 1)
    await run(probed)
    const restarts: number[] = []
    for (let second = 0; second < 60; second++) {
      await node.pass(1_000)
      const count = status()?.restartCount ?? 0
      if (count > restarts.length) restarts.push(second)
    }
    const gaps = restarts.map((second, i) => second - (restarts[i - 1] ?? 0))
    expect(gaps.slice(0, 3).map(gap => Math.round(gap / 5) * 5)).toEqual([0, 10, 20])
    expect(node.states('web-1')).toEqual(['web: waiting CrashLoopBackOff'])
  })

  it('leaves no container down when the kubelet goes during its back-off', async () => {
    script.answers.set('alive', 1)
    await run(probed)
    await node.pass(6_000)
    expect((await node.container()).state).toBe('exited')
    await node.kubelet.stop()
    expect((await node.container()).state).toBe('running')
  })

  it('is not asked any more once the pod leaves', async () => {
    const env = [{ name: 'COXSWAIN_SIM_STOP_AFTER', value: 'never' }]
    await run({ ...probed, env })
    script.answers.set('alive', 1)
    await node.registry.delete(PodKind, key)
    await node.settle()
    script.calls.length = 0
    await node.pass(10_000)
    expect(script.calls).toEqual([])
  })

  it('ends a container that may not run again', async () => {
    script.answers.set('alive', 1)
    await run(probed, { restartPolicy: 'Never' })
    await node.pass(5_000)
    expect(node.states('web-1')[0]).toMatch(/terminated/)
    expect(ofReason('Killing')).toEqual(['web-1 Normal Killing Container web: it failed its liveness probe'])
  })

  it('counts as a failure under OnFailure, though the process ends well', async () => {
    const env = [{ name: 'COXSWAIN_SIM_EXIT_AFTER', value: 'never' }]
    await run({ ...probed, env }, { restartPolicy: 'OnFailure' })
    script.answers.set('alive', 1)
    await node.pass(2_000)
    script.answers.set('alive', 0)
    await node.pass(2_000)
    expect(node.pod('web-1').status?.phase).toBe('Running')
    expect(status()?.restartCount).toBe(1)
  })

  it('gives its own grace', async () => {
    const livenessProbe = { ...probed.livenessProbe, terminationGracePeriodSeconds: 7 }
    script.answers.set('alive', 1)
    await run({ livenessProbe })
    await node.pass(3_000)
    expect(script.calls.filter(call => call.startsWith('stop'))).toEqual(['stop 7'])
  })

  it('says nothing while the server cannot be reached', async () => {
    await run(probed)
    script.answers.set('alive', 'never')
    script.linked = false
    await node.pass(20_000)
    script.linked = true
    script.answers.set('alive', 0)
    await node.pass(5_000)
    expect(status()?.restartCount).toBe(0)
    expect(ofReason('Unhealthy')).toEqual([])
  })
})

describe('a startup probe', () => {
  const probed = {
    startupProbe: { ...command('up'), periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...command('alive'), periodSeconds: 1, failureThreshold: 1 },
    readinessProbe: { ...command('ready'), periodSeconds: 1 },
  }

  it('holds the others back until it has succeeded', async () => {
    script.answers.set('up', 1)
    script.answers.set('alive', 1)
    await run(probed)
    await node.pass(5_000)
    expect(status()).toMatchObject({ started: false, ready: false, restartCount: 0 })
    expect(script.calls).not.toContain('alive')
    expect(script.calls).not.toContain('ready')
    script.answers.set('up', 0).set('alive', 0)
    await node.pass(6_000)
    expect(status()).toMatchObject({ started: true, ready: true })
  })

  it('has the container restarted when its time is over', async () => {
    script.answers.set('up', 1)
    await run(probed)
    await node.pass(15_000)
    expect(status()?.restartCount).toBe(1)
    expect(ofReason('Killing')[0]).toContain('it failed its startup probe, will be restarted')
  })

  it('is not asked again by a new kubelet once it has passed', async () => {
    await run(probed)
    await node.pass(2_000)
    expect(status()?.started).toBe(true)
    script.answers.set('up', 1)
    script.calls.length = 0
    await takeOver()
    await node.pass(10_000)
    expect(script.calls).not.toContain('up')
    expect(status()).toMatchObject({ started: true, restartCount: 0 })
  })

  it('of a sidecar holds back the containers after it', async () => {
    script.answers.set('up', 1)
    const initContainers = [
      { name: 'proxy', image: IMAGE, restartPolicy: 'Always' as const, startupProbe: probed.startupProbe },
    ]
    await run({}, { initContainers })
    await node.pass(2_000)
    expect(node.states('web-1')).toEqual(['proxy: running', 'web: waiting PodInitializing'])
    script.answers.set('up', 0)
    await node.pass(6_000)
    expect(node.states('web-1')).toEqual(['proxy: running', 'web: running'])
  })
})

describe('a readiness gate', () => {
  it('keeps the pod from being ready until somebody opens it', async () => {
    await run({}, { readinessGates: [{ conditionType: 'example.com/lb' }] })
    expect(ready()).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' })
    await node.pass(60_000)
    const lastTransitionTime = new Date(node.clock.now()).toISOString()
    await node.registry.modifyStatus(PodKind, key, draft => {
      draft.status?.conditions?.push({ type: 'example.com/lb', status: 'True', lastTransitionTime })
    })
    await node.settle()
    expect(ready()?.status).toBe('True')
    expect(Date.parse(String(ready()?.lastTransitionTime))).toBe(node.clock.now())
  })
})

describe('postStart', () => {
  const hooked = { lifecycle: { postStart: command('hello') } }

  it('runs once for each run, and the container is ready after it', async () => {
    script.answers.set('hello', 'never')
    await run(hooked)
    await node.pass(2_000)
    expect(status()).toMatchObject({ ready: false, started: false })
    script.answers.set('hello', 0)
    node.engine.killContainer((await node.container()).id)
    await node.pass(2_000)
    expect(status()).toMatchObject({ ready: true, started: true, restartCount: 1 })
    expect(script.calls.filter(call => call === 'hello')).toHaveLength(2)
    await takeOver()
    await node.pass(2_000)
    expect(script.calls.filter(call => call === 'hello')).toHaveLength(2)
  })

  it('that fails has the container killed and tried again with back-off', async () => {
    script.answers.set('hello', 1)
    await run(hooked)
    await node.pass(1_000)
    expect(ofReason('FailedPostStartHook')[0]).toContain(
      'PostStartHook failed: command "hello" exited with 1',
    )
    script.answers.set('hello', 0)
    await node.pass(12_000)
    expect(status()).toMatchObject({ ready: true, state: { running: {} } })
    expect(status()?.restartCount).toBeGreaterThan(0)
  })
})
