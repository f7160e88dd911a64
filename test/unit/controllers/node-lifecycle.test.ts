import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { Pod, Toleration } from '../../../src-main/api/types.ts'
import { outageOf } from '../../../src-main/controllers/node-lifecycle/blackout.ts'
import { createNodeLifecycleController } from '../../../src-main/controllers/node-lifecycle/node-lifecycle-controller.ts'
import { TestCluster } from './cluster.ts'

const UNREACHABLE = 'node.kubernetes.io/unreachable'
const NOT_READY = 'node.kubernetes.io/not-ready'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.create()
})

afterEach(() => cluster.stop())

/** Nodes a, b, c, … and a controller that has been up for a while. */
async function startWith(count: number): Promise<void> {
  for (const name of 'abcdefgh'.slice(0, count)) await cluster.addNode(name)
  cluster.start(createNodeLifecycleController)
  await cluster.pass(60_000)
}

const taintsOf = (name: string) =>
  (cluster.registry.get(NodeKind, name)?.spec.taints ?? [])
    .map(({ key, effect }) => `${key}:${effect}`)
    .sort()

const tolerate = (tolerationSeconds?: number): Toleration[] =>
  [UNREACHABLE, NOT_READY].map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))

async function runPod(
  name: string,
  node: string,
  options: { seconds?: number; owner?: string; annotations?: Record<string, string> } = {},
) {
  const { seconds = 5, owner = 'ReplicaSet', annotations } = options
  const pod = await cluster.registry.create(PodKind, {
    metadata: {
      name,
      namespace: 'default',
      ...(annotations ? { annotations } : {}),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'x', uid: 'x', controller: true }],
    },
    spec: {
      nodeName: node,
      containers: [{ name: 'main', image: 'web:1' }],
      tolerations: seconds < 0 ? [{ operator: 'Exists' }] : tolerate(seconds),
    },
  })
  await cluster.setPodReady(pod)
  await cluster.settle()
  return pod
}

const pod = (name: string): Pod | undefined => cluster.registry.get(PodKind, name, 'default')
const isEvicted = (name: string) => pod(name)?.metadata.deletionTimestamp !== undefined
const isReady = (name: string) => pod(name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status

describe('taints', () => {
  it('follow the Ready condition and cordon, and leave with them', async () => {
    await startWith(3)
    await cluster.setNodeReady('a', 'Unknown')
    await cluster.setNodeReady('b', 'False')
    await cluster.settle()
    expect(taintsOf('a')).toEqual([`${UNREACHABLE}:NoExecute`, `${UNREACHABLE}:NoSchedule`])
    expect(taintsOf('b')).toEqual([`${NOT_READY}:NoExecute`, `${NOT_READY}:NoSchedule`])
    await cluster.setNodeReady('a', 'True')
    await cluster.setNodeReady('b', 'True')
    await cluster.settle()
    expect([taintsOf('a'), taintsOf('b')]).toEqual([[], []])
    expect(cluster.events.map(({ about, reason }) => `${about} ${reason}`)).toEqual([
      'Node/a NodeNotReady', 'Node/b NodeNotReady', 'Node/a NodeReady', 'Node/b NodeReady',
    ]) // prettier-ignore
  })

  it('say that a node is cordoned, and leave those of people alone', async () => {
    await startWith(1)
    const taint = (unschedulable: boolean) =>
      cluster.registry.modify(NodeKind, { name: 'a' }, draft => {
        draft.spec.unschedulable = unschedulable
        draft.spec.taints ??= [{ key: 'mine', effect: 'NoSchedule' }]
      })
    await taint(true)
    await cluster.settle()
    expect(taintsOf('a')).toEqual(['mine:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'])
    await taint(false)
    await cluster.settle()
    expect(taintsOf('a')).toEqual(['mine:NoSchedule'])
  })
})

describe('a silent server of three', () => {
  beforeEach(async () => {
    await startWith(3)
    await runPod('p', 'a')
    await cluster.setNodeReady('a', 'Unknown')
    await cluster.settle()
  })

  it('has its pods not ready at once, and evicted when their toleration is over', async () => {
    expect(isReady('p')).toBe('False')
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(4_000)
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(1_000)
    expect(isEvicted('p')).toBe(true)
    // It stays until its kubelet confirms.
    await cluster.pass(3_600_000)
    expect(pod('p')).toBeDefined()
  })

  it('keeps its pods when it returns in time', async () => {
    await cluster.pass(3_000)
    await cluster.setNodeReady('a', 'True')
    await cluster.pass(60_000)
    expect(isEvicted('p')).toBe(false)
  })

  it('counts the toleration on over a restart of the control plane', async () => {
    await cluster.pass(3_000)
    await cluster.stop()
    cluster.start(options => createNodeLifecycleController({ ...options, calmMs: 0 }))
    await cluster.pass(1_000)
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(1_000)
    expect(isEvicted('p')).toBe(true)
  })

  it('is believed only some time after the start of the control plane', async () => {
    await cluster.stop()
    await cluster.pass(8 * 3_600_000)
    cluster.start(createNodeLifecycleController)
    await cluster.pass(14_000)
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(2_000)
    expect(isEvicted('p')).toBe(true)
  })

  it('keeps pods that tolerate it for ever, and evicts a pod that comes later', async () => {
    await runPod('forever', 'a', { seconds: -1 })
    await runPod('late', 'a')
    await cluster.pass(10_000)
    expect([isEvicted('forever'), isEvicted('late')]).toEqual([false, true])
  })
})

describe('a server of three that is not ready', () => {
  const readyOf = (name: string) => pod(name)?.status?.conditions?.find(({ type }) => type === 'Ready')

  it('has its pods not ready at once, and evicted when their toleration is over', async () => {
    await startWith(3)
    await runPod('p', 'a')
    await runPod('db-0', 'a', { owner: 'StatefulSet' })
    await cluster.setNodeReady('a', 'False')
    await cluster.settle()
    const expected = { status: 'False', reason: 'NodeNotReady', message: 'Node a is not ready.' }
    expect(readyOf('p')).toMatchObject(expected)
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(5_000)
    expect(isEvicted('p')).toBe(true)
    expect(readyOf('db-0')).toMatchObject(expected)
  })

  it('is believed only some time after the start of the control plane', async () => {
    await startWith(3)
    await runPod('p', 'a')
    await cluster.stop()
    await cluster.setNodeReady('a', 'False')
    cluster.start(createNodeLifecycleController)
    await cluster.pass(14_000)
    expect(isReady('p')).toBe('True')
    await cluster.pass(2_000)
    expect(isReady('p')).toBe('False')
  })

  it('is not one that has just been made, whose kubelet has said nothing yet', async () => {
    await startWith(2)
    await cluster.addNode('new', node => void delete node.status?.conditions)
    await runPod('p', 'new')
    await cluster.pass(60_000)
    expect(isReady('p')).toBe('True')
  })
})

describe('when more than half are silent together', () => {
  it.each([
    [1, 1, true],
    [2, 1, false],
    [2, 2, true],
    [3, 1, false],
    [3, 2, true],
    [4, 2, false],
    [4, 3, true],
  ])('of %i servers %i silent: blackout %s', async (total, silent, isBlackout) => {
    await startWith(total)
    for (const name of 'abcd'.slice(0, silent)) await cluster.setNodeReady(name, 'Unknown')
    await cluster.settle()
    expect(outageOf(cluster.registry.list(NodeKind)).isBlackout).toBe(isBlackout)
    expect(taintsOf('a').includes(`${UNREACHABLE}:NoExecute`)).toBe(!isBlackout)
  })

  // a server that was not ready before says nothing about this computer's connection
  it.each([
    [2, 1, 1, true],
    [3, 1, 1, false],
    [3, 2, 1, true],
    [4, 1, 2, true],
    [4, 1, 1, false],
    [3, 3, 0, false],
  ])(
    'of %i servers %i not ready before and %i silent: blackout %s',
    async (total, notReady, silent, isBlackout) => {
      await startWith(total)
      for (const name of 'abcd'.slice(0, notReady)) await cluster.setNodeReady(name, 'False')
      for (const name of 'abcd'.slice(notReady, notReady + silent))
        await cluster.setNodeReady(name, 'Unknown')
      await cluster.settle()
      expect(outageOf(cluster.registry.list(NodeKind)).isBlackout).toBe(isBlackout)
      expect(taintsOf('a').includes(`${NOT_READY}:NoExecute`)).toBe(!isBlackout)
    },
  )

  it('says which of them were not ready before', async () => {
    await startWith(2)
    await runPod('p', 'b')
    await cluster.setNodeReady('a', 'False')
    await cluster.setNodeReady('b', 'Unknown')
    await cluster.pass(60_000)
    expect(isEvicted('p')).toBe(false)
    expect(cluster.events.find(({ reason }) => reason === 'EvictionsHeld')?.message).toBe(
      "1 of 2 servers silent, 1 more not ready: most likely it is this computer's own connection. Nothing is evicted; check this computer's network.",
    )
  })

  it('evicts nothing, calls off what was pending, and says so once on each silent node', async () => {
    await startWith(3)
    for (const name of ['a', 'b', 'c']) await runPod(`on-${name}`, name)
    await cluster.setNodeReady('a', 'Unknown')
    await cluster.pass(2_000)
    expect(taintsOf('a')).toContain(`${UNREACHABLE}:NoExecute`)
    await cluster.setNodeReady('b', 'Unknown')
    await cluster.pass(1_000)
    await cluster.setNodeReady('c', 'Unknown')
    await cluster.pass(3_600_000)
    expect(['a', 'b', 'c'].map(taintsOf)).toEqual(Array(3).fill([`${UNREACHABLE}:NoSchedule`]))
    expect(['on-a', 'on-b', 'on-c'].filter(isEvicted)).toEqual([])
    expect([isReady('on-b'), isReady('on-c')]).toEqual(['True', 'True'])
    const held = cluster.events.filter(({ reason }) => reason === 'EvictionsHeld')
    expect(held.map(({ about }) => about).sort()).toEqual(['Node/a', 'Node/b', 'Node/c'])
    expect(held[0]?.message).toBe(
      "2 of 3 servers are silent together: most likely it is this computer's own connection. Nothing is evicted; check this computer's network.",
    )
  })

  it('evicts nothing while they come back one after the other', async () => {
    await startWith(3)
    for (const name of ['a', 'b', 'c']) await runPod(`on-${name}`, name)
    for (const name of ['a', 'b', 'c']) await cluster.setNodeReady(name, 'Unknown')
    await cluster.pass(60_000)
    for (const name of ['a', 'b', 'c']) {
      await cluster.setNodeReady(name, 'True')
      await cluster.pass(7_000)
    }
    await cluster.pass(60_000)
    expect(['on-a', 'on-b', 'on-c'].filter(isEvicted)).toEqual([])
    expect(['a', 'b', 'c'].map(taintsOf)).toEqual([[], [], []])
  })

  it('evicts from the one that does not come back', async () => {
    await startWith(3)
    await runPod('p', 'c')
    for (const name of ['a', 'b', 'c']) await cluster.setNodeReady(name, 'Unknown')
    await cluster.pass(60_000)
    for (const name of ['a', 'b']) await cluster.setNodeReady(name, 'True')
    await cluster.pass(19_000)
    expect(isEvicted('p')).toBe(false)
    await cluster.pass(2_000)
    expect(isEvicted('p')).toBe(true)
  })
})

describe('pods of StatefulSets', () => {
  it('wait for a person', async () => {
    await startWith(3)
    await runPod('db-0', 'a', { owner: 'StatefulSet' })
    await cluster.setNodeReady('a', 'Unknown')
    await cluster.pass(3_600_000)
    expect(isEvicted('db-0')).toBe(false)
  })

  it('give way at once when the annotation allows it', async () => {
    await startWith(3)
    await runPod('db-0', 'a', { owner: 'StatefulSet', annotations: { 'coxswain.io/failover': 'true' } })
    await cluster.setNodeReady('a', 'Unknown')
    await cluster.pass(6_000)
    expect(pod('db-0')).toBeUndefined()
  })
})

it("lets a person's NoExecute taint drive pods away, and remembers since when", async () => {
  await startWith(3)
  await runPod('p', 'a')
  await cluster.registry.modify(NodeKind, { name: 'a' }, draft => {
    draft.spec.taints = [{ key: 'maintenance', effect: 'NoExecute' }]
  })
  await cluster.settle()
  expect(cluster.registry.get(NodeKind, 'a')?.spec.taints?.[0]?.timeAdded).toBeDefined()
  expect(isEvicted('p')).toBe(true)
})
