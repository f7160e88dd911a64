import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigMapKind } from '../../../src-main/api/kinds/config-map.ts'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { NamespaceKind } from '../../../src-main/api/kinds/namespace.ts'
import { DEFAULT_RANGES } from '../../../src-main/api/cluster-ranges.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { PriorityClassKind } from '../../../src-main/api/kinds/priority-class.ts'
import { ReplicaSetKind } from '../../../src-main/api/kinds/replica-set.ts'
import { SecretKind } from '../../../src-main/api/kinds/secret.ts'
import { ServerKind } from '../../../src-main/api/kinds/server.ts'
import { createDeploymentController } from '../../../src-main/controllers/deployment/deployment-controller.ts'
import { createGarbageCollector } from '../../../src-main/controllers/garbage-collector.ts'
import { startControllers } from '../../../src-main/controllers/index.ts'
import { createNamespaceController } from '../../../src-main/controllers/namespace.ts'
import { createNodeIpamController } from '../../../src-main/controllers/node-ipam.ts'
import { createPodGcController } from '../../../src-main/controllers/pod-gc.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { createTestKubelet, newDeployment, TestCluster } from './cluster.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.create()
})

afterEach(() => cluster.stop())

const web = { name: 'web', namespace: 'default' }

const createPod = (name: string, nodeName?: string) =>
  cluster.registry.create(PodKind, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'web:1' }], ...(nodeName ? { nodeName } : {}) },
  })

describe('garbage collection', () => {
  const counts = () => ({
    deployments: cluster.registry.list(DeploymentKind).length,
    sets: cluster.registry.list(ReplicaSetKind).length,
    pods: cluster.pods().length,
  })

  beforeEach(async () => {
    cluster.start(createGarbageCollector, createReplicaSetController, createDeploymentController, () =>
      createTestKubelet(cluster, { bindTo: 'a', stopMs: 1_000 }),
    )
    await cluster.registry.create(DeploymentKind, newDeployment('web'))
    await cluster.pass(100)
    expect(counts()).toEqual({ deployments: 1, sets: 1, pods: 3 })
  })

  it('in the background: the owner goes at once, all below it follows', async () => {
    await cluster.registry.delete(DeploymentKind, web, { propagationPolicy: 'Background' })
    await cluster.settle()
    expect(counts()).toEqual({ deployments: 0, sets: 0, pods: 3 })
    await cluster.pass(1_000)
    expect(counts()).toEqual({ deployments: 0, sets: 0, pods: 0 })
  })

  it('in the foreground: the owner waits for the last pod', async () => {
    await cluster.registry.delete(DeploymentKind, web, { propagationPolicy: 'Foreground' })
    await cluster.settle()
    expect(counts()).toEqual({ deployments: 1, sets: 1, pods: 3 })
    await cluster.pass(1_000)
    expect(counts()).toEqual({ deployments: 0, sets: 0, pods: 0 })
  })

  it('orphan: what is below stays, without an owner', async () => {
    await cluster.registry.delete(DeploymentKind, web, { propagationPolicy: 'Orphan' })
    await cluster.pass(5_000)
    expect(counts()).toEqual({ deployments: 0, sets: 1, pods: 3 })
    expect(cluster.registry.list(ReplicaSetKind)[0]?.metadata.ownerReferences).toBeUndefined()
  })

  it('what a Server owns, its key, stays until the Server has been cleaned', async () => {
    const { registry } = cluster
    const finalizers = ['coxswain.io/server']
    const metadata = { name: 'web-1', finalizers }
    const server = await registry.create(ServerKind, { metadata, spec: { simulated: {} } })
    const { apiVersion, kind } = server
    await registry.create(SecretKind, {
      metadata: {
        name: 'web-1-ssh',
        namespace: 'default',
        ownerReferences: [{ apiVersion, kind, name: 'web-1', uid: server.metadata.uid }],
      },
    })
    const secrets = () => registry.list(SecretKind).map(({ metadata: { name } }) => name)
    await registry.delete(ServerKind, { name: 'web-1' }, { propagationPolicy: 'Background' })
    await cluster.settle()
    expect(secrets()).toEqual(['web-1-ssh'])
    await registry.modify(ServerKind, { name: 'web-1' }, draft => void delete draft.metadata.finalizers)
    await cluster.settle()
    expect(secrets()).toEqual([])
  })

  it('goes on where a killed process stopped', async () => {
    await cluster.stop()
    await cluster.registry.delete(DeploymentKind, web)
    cluster.start(createGarbageCollector, () => createTestKubelet(cluster))
    await cluster.pass(1_000)
    expect(counts()).toEqual({ deployments: 0, sets: 0, pods: 0 })
  })

  it('does not take an object of the same name for the owner', async () => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'of-a-former-one' }
    await cluster.registry.create(ConfigMapKind, { metadata: { name: 'owner', namespace: 'default' } })
    await cluster.registry.create(ConfigMapKind, {
      metadata: { name: 'dependent', namespace: 'default', ownerReferences: [owner] },
    })
    await cluster.settle()
    expect(cluster.registry.get(ConfigMapKind, 'dependent', 'default')).toBeUndefined()
  })

  it('keeps a dependent while one of its owners is left, and owners of kinds that it does not know', async () => {
    const left = await cluster.registry.create(ConfigMapKind, {
      metadata: { name: 'left', namespace: 'default' },
    })
    const reference = (name: string, uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })
    await cluster.registry.create(ConfigMapKind, {
      metadata: {
        name: 'dependent',
        namespace: 'default',
        ownerReferences: [reference('left', left.metadata.uid), reference('gone', 'gone')],
      },
    })
    await cluster.registry.create(ConfigMapKind, {
      metadata: {
        name: 'foreign',
        namespace: 'default',
        ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'x' }],
      },
    })
    await cluster.settle()
    const dependent = cluster.registry.get(ConfigMapKind, 'dependent', 'default')
    expect(dependent?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['left'])
    expect(cluster.registry.get(ConfigMapKind, 'foreign', 'default')).toBeDefined()
  })

  it('keeps what is of no namespace and names an owner that is of one, says so, and lets that owner go', async () => {
    const owner = await cluster.registry.create(ConfigMapKind, {
      metadata: { name: 'owner', namespace: 'default' },
    })
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }
    await cluster.registry.create(PriorityClassKind, {
      metadata: { name: 'wide', ownerReferences: [{ ...reference, blockOwnerDeletion: true }] },
      value: 1,
    })
    await cluster.settle()
    expect(cluster.registry.get(PriorityClassKind, 'wide')).toBeDefined()
    expect(cluster.events.filter(({ reason }) => reason === 'OwnerRefInvalidNamespace')).toEqual([
      {
        about: 'PriorityClass/wide',
        type: 'Warning',
        reason: 'OwnerRefInvalidNamespace',
        message: 'ConfigMap owner cannot own it: a ConfigMap is of a namespace, and this is of none',
      },
    ])
    await cluster.registry.delete(ConfigMapKind, owner.metadata, { propagationPolicy: 'Foreground' })
    await cluster.settle()
    expect(cluster.registry.get(ConfigMapKind, 'owner', 'default')).toBeUndefined()
    expect(cluster.registry.get(PriorityClassKind, 'wide')).toBeDefined()
  })
})

describe('deletion of a namespace', () => {
  it('takes everything in it, and waits for pods that are still stopping', async () => {
    cluster.start(createNamespaceController, createReplicaSetController, createDeploymentController, () =>
      createTestKubelet(cluster, { bindTo: 'a', stopMs: 1_000 }),
    )
    await cluster.registry.create(NamespaceKind, { metadata: { name: 'shop' } })
    const deployment = newDeployment('web')
    deployment.metadata.namespace = 'shop'
    await cluster.registry.create(DeploymentKind, deployment)
    await cluster.registry.create(ConfigMapKind, { metadata: { name: 'config', namespace: 'shop' } })
    await cluster.pass(100)
    await cluster.registry.delete(NamespaceKind, { name: 'shop' })
    await cluster.settle()
    const namespace = cluster.registry.get(NamespaceKind, 'shop')
    expect(namespace?.status?.phase).toBe('Terminating')
    expect(namespace?.status?.conditions?.[0]?.message).toBe('Waiting for the end of: 3 pods.')
    await cluster.pass(2_000)
    expect(cluster.registry.get(NamespaceKind, 'shop')).toBeUndefined()
    expect(cluster.registry.list(ConfigMapKind, { namespace: 'shop' })).toEqual([])
    expect(cluster.events.filter(({ type }) => type === 'Warning')).toEqual([])
  })

  it('takes 50 objects of a kind at a time', async () => {
    const { registry } = cluster
    let underWay = 0
    let most = 0
    const remove = registry.delete.bind(registry)
    await registry.create(NamespaceKind, { metadata: { name: 'shop' } })
    for (let n = 0; n < 130; n++) {
      await registry.create(ConfigMapKind, { metadata: { name: `c${n}`, namespace: 'shop' } })
    }
    await registry.delete(NamespaceKind, { name: 'shop' })
    vi.spyOn(registry, 'delete').mockImplementation(async (kind, key, options) => {
      most = Math.max(most, ++underWay)
      await remove(kind, key, options)
      underWay--
    })
    cluster.start(createNamespaceController)
    await vi.waitFor(() => expect(registry.get(NamespaceKind, 'shop')).toBeUndefined(), 60_000)
    expect(most).toBe(50)
  })
})

describe('pod addresses of nodes', () => {
  const cidrs = () => cluster.registry.list(NodeKind).map(({ spec }) => spec.podCIDR)

  it('are a /24 for each, that stays', async () => {
    cluster.start(createNodeIpamController)
    await Promise.all(['a', 'b', 'c'].map(name => cluster.addNode(name)))
    await cluster.settle()
    const before = cidrs()
    expect([...before].sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24'])
    expect(cluster.registry.get(NodeKind, 'a')?.spec.podCIDRs).toEqual([before[0]])
    await cluster.stop()
    cluster.start(createNodeIpamController)
    await cluster.settle()
    expect(cidrs()).toEqual(before)
  })

  it('of a node that has gone are not given to the next one, also after a restart', async () => {
    const cidrOf = (name: string) => cluster.registry.get(NodeKind, name)?.spec.podCIDR
    cluster.start(createNodeIpamController)
    for (const name of ['a', 'b']) await cluster.addNode(name)
    await cluster.settle()
    const old = cidrOf('b')
    await cluster.registry.delete(NodeKind, { name: 'b' })
    await cluster.addNode('c')
    await cluster.settle()
    expect([old, cidrOf('c')]).toEqual(['10.244.1.0/24', '10.244.2.0/24'])
    await cluster.stop()
    await cluster.registry.delete(NodeKind, { name: 'a' })
    cluster.start(createNodeIpamController)
    await cluster.addNode('d')
    await cluster.settle()
    expect(cidrOf('d')).toBe('10.244.3.0/24')
  })

  it('run out with a clear word, and are given again when a node goes', async () => {
    const rangesOf = () => ({ ...DEFAULT_RANGES, podCidr: '192.168.254.0/23' })
    cluster.start(options => createNodeIpamController({ ...options, rangesOf }))
    for (const name of ['a', 'b', 'c']) await cluster.addNode(name)
    await cluster.settle()
    expect(cidrs()).toEqual(['192.168.254.0/24', '192.168.255.0/24', undefined])
    expect(cluster.events.at(-1)).toMatchObject({ about: 'Node/c', reason: 'CIDRNotAvailable' })
    await cluster.registry.delete(NodeKind, { name: 'a' })
    await cluster.pass(30_000)
    expect(cidrs()).toEqual(['192.168.255.0/24', '192.168.254.0/24'])
  })
})

describe('pods that nobody will confirm', () => {
  it('are removed when their node is gone for good', async () => {
    cluster.start(createPodGcController)
    await cluster.addNode('a')
    await createPod('p', 'a')
    await cluster.pass(60_000)
    expect(cluster.pods()).toHaveLength(1)
    await cluster.registry.delete(NodeKind, { name: 'a' })
    await cluster.pass(4_000)
    expect(cluster.pods()).toHaveLength(1)
    await cluster.pass(2_000)
    expect(cluster.pods()).toHaveLength(0)
  })

  it('stay when the node is registered again', async () => {
    cluster.start(createPodGcController)
    await cluster.addNode('a')
    await createPod('p', 'a')
    await cluster.registry.delete(NodeKind, { name: 'a' })
    await cluster.pass(2_000)
    await cluster.addNode('a')
    await cluster.pass(60_000)
    expect(cluster.pods()).toHaveLength(1)
  })
})

it('starts and stops all of them', async () => {
  const controllers = startControllers(cluster.options)
  await cluster.addNode('a')
  await cluster.settle()
  expect(cluster.registry.get(NodeKind, 'a')?.spec.podCIDR).toBe('10.244.0.0/24')
  await controllers.stop()
  const { revision } = cluster.registry
  await cluster.registry.delete(NodeKind, { name: 'a' })
  await cluster.pass(60_000)
  expect(cluster.registry.revision).toBe(revision + 1)
})
