import { afterEach, beforeEach, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { startControllers } from '../../../src-main/controllers/index.ts'
import { startScheduler } from '../../../src-main/scheduler/index.ts'
import { createTestKubelet, newDeployment, TestCluster } from './cluster.ts'

/** All control loops, the scheduler and a kubelet for every server but the silent one. */
let cluster: TestCluster
let stopAll: () => Promise<void>
const silent = new Set<string>()

beforeEach(async () => {
  cluster = await TestCluster.create()
  silent.clear()
  const controllers = startControllers(cluster.options)
  const scheduler = startScheduler(cluster.options)
  const kubelet = createTestKubelet(cluster, { isSilent: node => silent.has(node) })
  kubelet.start()
  stopAll = async () => {
    await Promise.all([controllers.stop(), scheduler.stop(), kubelet.stop()])
  }
  for (const name of ['a', 'b', 'c']) await cluster.addNode(name)
  await cluster.registry.create(
    DeploymentKind,
    newDeployment('web', spec => (spec.replicas = 6)),
  )
  await cluster.pass(60_000)
})

afterEach(() => stopAll())

const readyByNode = () => {
  const counts: Record<string, number> = {}
  for (const pod of cluster.livePods()) {
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    const node = pod.spec.nodeName
    if (ready && node) counts[node] = (counts[node] ?? 0) + 1
  }
  return counts
}

it('6 replicas on 3 equal servers are 2 each', () => {
  expect(readyByNode()).toEqual({ a: 2, b: 2, c: 2 })
})

it('the pods of a server that falls silent run elsewhere; when it returns only they are removed there', async () => {
  silent.add('c')
  await cluster.setNodeReady('c', 'Unknown')
  await cluster.pass(6_000)
  expect(readyByNode()).toEqual({ a: 3, b: 3 })
  const onC = cluster.registry.list(PodKind, { node: 'c' })
  expect(onC.map(pod => pod.metadata.deletionTimestamp !== undefined)).toEqual([true, true])
  const elsewhere = cluster.livePods().map(({ metadata }) => metadata.uid)

  silent.delete('c')
  await cluster.setNodeReady('c', 'True')
  await cluster.pass(1_000)
  expect(cluster.registry.get(NodeKind, 'c')?.spec.taints).toBeUndefined()
  expect(cluster.pods().map(({ metadata }) => metadata.uid)).toEqual(elsewhere)
})

it('a pod that fits nowhere says why in words, and is placed as soon as a fourth server joins', async () => {
  await cluster.registry.create(
    DeploymentKind,
    newDeployment('large', spec => {
      spec.replicas = 1
      const container = spec.template.spec?.containers[0]
      if (container) container.resources = { requests: { memory: '16Gi' } }
    }),
  )
  await cluster.pass(60_000)
  const large = () => cluster.livePods().find(({ metadata }) => metadata.name.startsWith('large'))
  expect(large()?.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toBe(
    '0/3 nodes are available: 3 Insufficient memory.',
  )
  await cluster.addNode('d', node => {
    node.status = { ...node.status, allocatable: { cpu: '4', memory: '32Gi', pods: '110' } }
  })
  await cluster.pass(0)
  expect(large()?.spec.nodeName).toBe('d')
})

it('removing a server moves its pods', async () => {
  await cluster.registry.delete(NodeKind, { name: 'c' })
  await cluster.pass(6_000)
  expect(readyByNode()).toEqual({ a: 3, b: 3 })
  expect(cluster.pods()).toHaveLength(6)
})
