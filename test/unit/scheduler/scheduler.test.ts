import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { PodSpec } from '../../../src-main/api/types.ts'
import { startScheduler } from '../../../src-main/scheduler/index.ts'
import { TestCluster } from '../controllers/cluster.ts'

let cluster: TestCluster
let scheduler: { stop(): Promise<void> }

beforeEach(async () => {
  cluster = await TestCluster.create()
  scheduler = startScheduler(cluster.options)
})

afterEach(() => scheduler.stop())

const createPod = (name: string, cpu = '1', spec: Partial<PodSpec> = {}) =>
  cluster.registry.create(PodKind, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu } } }], ...spec },
  })

const getPod = (name: string) => cluster.registry.get(PodKind, name, 'default')
const nodeOf = (name: string) => getPod(name)?.spec.nodeName
const scheduled = (name: string) =>
  getPod(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled')

describe('the scheduler', () => {
  it('binds a pod and says so', async () => {
    await cluster.addNode('a')
    await createPod('p')
    await cluster.settle()
    expect(nodeOf('p')).toBe('a')
    expect(cluster.events).toContainEqual({
      about: 'Pod/p',
      type: 'Normal',
      reason: 'Scheduled',
      message: 'Successfully assigned default/p to a',
    })
  })

  it('says why a pod fits nowhere, and places it as soon as a node that fits joins', async () => {
    await cluster.addNode(
      'small',
      node => (node.status = { allocatable: { cpu: '1', memory: '1Gi', pods: '110' } }),
    )
    await createPod('p', '2')
    await cluster.pass(20_000)
    const message = '0/1 nodes are available: 1 Insufficient cpu.'
    expect(scheduled('p')).toMatchObject({ status: 'False', reason: 'Unschedulable', message })
    expect(cluster.events).toContainEqual({
      about: 'Pod/p',
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
    })
    await cluster.addNode('large')
    await cluster.pass(10_000)
    expect(nodeOf('p')).toBe('large')
    expect(scheduled('p')?.status).toBe('True')
  })

  it("puts no two pods on one node whose sidecars want the same port of it, as init containers' ports are not held", async () => {
    await cluster.addNode('a')
    const ports = [{ containerPort: 80, hostPort: 8080 }]
    const init = (restartPolicy?: 'Always') => ({
      initContainers: [{ name: 'init', image: 'web:1', ports, ...(restartPolicy ? { restartPolicy } : {}) }],
    })
    for (const name of ['first', 'second']) {
      await createPod(name, '100m', init('Always'))
      await createPod(`${name}-init`, '100m', init())
      await cluster.settle()
    }
    expect(['first', 'first-init', 'second-init'].map(nodeOf)).toEqual(['a', 'a', 'a'])
    expect(nodeOf('second')).toBeUndefined()
    expect(scheduled('second')?.message).toBe(
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    )
  })

  it('writes the reason once, not on every try', async () => {
    await createPod('p')
    await cluster.pass(1_000)
    const { revision } = cluster.registry
    await cluster.pass(30 * 60_000)
    expect(cluster.registry.revision).toBe(revision)
    expect(cluster.events.filter(({ reason }) => reason === 'FailedScheduling').length).toBeGreaterThan(1)
  })

  it('places a waiting pod when another is gone, after its back-off', async () => {
    await cluster.addNode('a')
    await createPod('first', '3')
    await cluster.settle()
    await createPod('second', '3')
    await cluster.settle()
    expect(nodeOf('second')).toBeFalsy()
    await cluster.registry.delete(PodKind, { name: 'first', namespace: 'default' }, { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(nodeOf('second')).toBeFalsy()
    await cluster.pass(1_000)
    expect(nodeOf('second')).toBe('a')
  })

  it('counts pods whose binding is still being written', async () => {
    await cluster.addNode('a')
    await Promise.all(Array.from({ length: 20 }, (_, index) => createPod(`p${index}`)))
    await cluster.settle()
    expect(cluster.pods().filter(pod => pod.spec.nodeName === 'a')).toHaveLength(4)
  })

  it('places the more important first', async () => {
    await scheduler.stop()
    await cluster.addNode(
      'a',
      node => (node.status = { allocatable: { cpu: '1', memory: '1Gi', pods: '9' } }),
    )
    await createPod('low')
    await createPod('high', '1', { priority: 1000 })
    scheduler = startScheduler(cluster.options)
    await cluster.settle()
    expect({ high: nodeOf('high'), low: nodeOf('low') || 'none' }).toEqual({ high: 'a', low: 'none' })
  })

  it('leaves the pods of other schedulers and gated pods alone', async () => {
    await cluster.addNode('a')
    await createPod('other', '1', { schedulerName: 'mine' })
    await createPod('gated', '1', { schedulingGates: [{ name: 'example.com/wait' }] })
    await cluster.settle()
    expect([nodeOf('other'), nodeOf('gated')].filter(Boolean)).toEqual([])
  })

  it('tries again after a binding that could not be written, and gives the room back meanwhile', async () => {
    await cluster.addNode('a')
    const { modify } = cluster.registry
    cluster.registry.modify = () => Promise.reject(new Error('disk full'))
    await createPod('p', '4')
    await cluster.settle()
    expect(nodeOf('p')).toBeFalsy()
    cluster.registry.modify = modify
    await cluster.pass(1_000)
    expect(nodeOf('p')).toBe('a')
  })

  it('does not use a node that was removed', async () => {
    await cluster.addNode('a')
    await cluster.registry.delete(NodeKind, { name: 'a' })
    await createPod('p')
    await cluster.settle()
    expect(scheduled('p')?.message).toBe('no nodes available to schedule pods')
  })

  it('counts what is there already after a restart', async () => {
    await cluster.addNode('a')
    await createPod('p', '3')
    await cluster.settle()
    await scheduler.stop()
    scheduler = startScheduler(cluster.options)
    await createPod('q', '3')
    await cluster.settle()
    expect(scheduled('q')?.message).toBe('0/1 nodes are available: 1 Insufficient cpu.')
  })
})
