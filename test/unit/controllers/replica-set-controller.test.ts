import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ReplicaSetKind } from '../../../src-main/api/kinds/replica-set.ts'
import type { Pod } from '../../../src-main/api/types.ts'
import { createGarbageCollector } from '../../../src-main/controllers/garbage-collector.ts'
import { byDeletionRank } from '../../../src-main/controllers/replica-set/deletion-rank.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { slowStart } from '../../../src-main/controllers/runtime/slow-start.ts'
import { TestCluster } from './cluster.ts'

let cluster: TestCluster
const key = { name: 'web', namespace: 'default' }

beforeEach(async () => {
  cluster = await TestCluster.create()
  cluster.start(createReplicaSetController)
})

afterEach(() => cluster.stop())

const createSet = (replicas: number, minReadySeconds?: number) =>
  cluster.registry.create(ReplicaSetKind, {
    metadata: key,
    spec: {
      replicas,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: { containers: [{ name: 'main', image: 'web:1' }] },
      },
    },
  })

const createPod = (name: string, labels: Record<string, string>) =>
  cluster.registry.create(PodKind, {
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'main', image: 'web:1' }] },
  })

const status = () => cluster.registry.get(ReplicaSetKind, 'web', 'default')?.status
const scale = (replicas: number) =>
  cluster.registry.modify(ReplicaSetKind, key, draft => {
    draft.spec.replicas = replicas
  })

describe('a ReplicaSet', () => {
  it('has its pods created, named after it and owned by it', async () => {
    const set = await createSet(5)
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(5)
    for (const pod of cluster.pods()) {
      expect(pod.metadata.name).toMatch(/^web-[a-z0-9]{5}$/)
      expect(pod.metadata.ownerReferences).toEqual([
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
      ]) // prettier-ignore
    }
    expect(status()).toMatchObject({
      replicas: 5,
      fullyLabeledReplicas: 5,
      readyReplicas: 0,
      observedGeneration: 1,
    })
  })

  it('replaces pods that failed, were deleted or are on their way out', async () => {
    await createSet(3)
    await cluster.settle()
    const [failed, deleted, leaving] = cluster.pods()
    if (!failed || !deleted || !leaving) throw new Error('three pods expected')
    await cluster.registry.modify(PodKind, leaving.metadata, draft => (draft.spec.nodeName = 'a'))
    await cluster.registry.delete(PodKind, leaving.metadata)
    await cluster.registry.delete(PodKind, deleted.metadata)
    await cluster.registry.modifyStatus(PodKind, failed.metadata, draft => {
      draft.status = { ...draft.status, phase: 'Failed' }
    })
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(5)
    expect(status()?.replicas).toBe(3)
  })

  it('gives up the pods whose loss costs least', async () => {
    await createSet(3)
    await cluster.settle()
    const [kept] = cluster.pods()
    if (!kept) throw new Error('three pods expected')
    await cluster.setPodReady(kept)
    await scale(1)
    await cluster.settle()
    expect(cluster.pods().map(({ metadata }) => metadata.name)).toEqual([kept.metadata.name])
  })

  it('adopts pods that match, and releases one whose label was changed', async () => {
    await createPod('orphan', { app: 'web' })
    await createPod('stranger', { app: 'other' })
    await createSet(2)
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(3)
    expect(status()).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1 })
    await cluster.registry.modify(PodKind, { name: 'orphan', namespace: 'default' }, draft => {
      draft.metadata.labels = { app: 'debug' }
    })
    await cluster.settle()
    expect(cluster.registry.get(PodKind, 'orphan', 'default')?.metadata.ownerReferences).toBeUndefined()
    expect(cluster.pods()).toHaveLength(4)
  })

  it('counts a ready pod as available after minReadySeconds', async () => {
    await createSet(1, 10)
    await cluster.settle()
    for (const pod of cluster.pods()) await cluster.setPodReady(pod)
    await cluster.pass(9_000)
    expect(status()).toMatchObject({ readyReplicas: 1, availableReplicas: 0 })
    await cluster.pass(1_000)
    expect(status()).toMatchObject({ readyReplicas: 1, availableReplicas: 1 })
  })

  it('leaves its pods alone while it is being deleted', async () => {
    const set = await createSet(2)
    await cluster.settle()
    await cluster.registry.delete(ReplicaSetKind, set.metadata, { propagationPolicy: 'Foreground' })
    const [pod] = cluster.pods()
    if (pod) await cluster.registry.delete(PodKind, pod.metadata)
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(1)
  })

  it('deleted with orphan while it is still creating pods, takes none of them back', async () => {
    cluster.start(createGarbageCollector)
    const create = cluster.registry.create.bind(cluster.registry)
    let release: () => void = () => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    let asked = 0
    vi.spyOn(cluster.registry, 'create').mockImplementation(async (kind, object, options) => {
      if (kind.kind === PodKind.kind && ++asked > 2) await held
      return create(kind, object, options)
    })
    const set = await createSet(10)
    await cluster.settle()
    const [first, second] = cluster.pods().map(({ metadata }) => metadata.name)
    await cluster.registry.delete(ReplicaSetKind, set.metadata, { propagationPolicy: 'Orphan' })
    await cluster.settle()
    expect(cluster.registry.get(ReplicaSetKind, 'web', 'default')).toBeUndefined()
    release()
    await cluster.settle()
    expect(cluster.pods().map(({ metadata }) => [metadata.name, metadata.ownerReferences])).toEqual([
      [first, undefined],
      [second, undefined],
    ])
    expect(asked).toBe(3)
  })

  it('being deleted while it is still creating pods, creates no more', async () => {
    const create = cluster.registry.create.bind(cluster.registry)
    vi.spyOn(cluster.registry, 'create').mockImplementation(async (kind, object, options) => {
      const created = await create(kind, object, options)
      if (kind.kind === PodKind.kind)
        await cluster.registry.delete(ReplicaSetKind, key, { propagationPolicy: 'Foreground' })
      return created
    })
    await createSet(10)
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(1)
  })
})

describe('deletion rank', () => {
  const now = Date.UTC(2026, 0, 2)
  const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString()

  interface Shape {
    node?: string
    phase?: string
    readyFor?: number
    cost?: string
    restarts?: number
    age?: number
  }

  function pod(
    uid: string,
    { node = 'a', phase = 'Running', readyFor = 100, cost, restarts = 0, age = 1000 }: Shape,
  ): Pod {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: uid,
        uid,
        resourceVersion: '1',
        creationTimestamp: at(age),
        ...(cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } : {}),
      },
      spec: { containers: [], ...(node ? { nodeName: node } : {}) },
      status: {
        phase: phase as 'Running',
        conditions:
          readyFor >= 0 ? [{ type: 'Ready', status: 'True', lastTransitionTime: at(readyFor) }] : [],
        containerStatuses: [{ name: 'c', image: 'i', imageID: 'i', ready: true, restartCount: restarts }],
      },
    }
  }

  it.each<[string, Shape, Shape]>([
    ['without a node', { node: '' }, {}],
    ['pending', { phase: 'Pending' }, { phase: 'Running' }],
    ['not ready', { readyFor: -1 }, {}],
    ['of lower cost', { cost: '-1' }, { cost: '5' }],
    ['beside more of its kind', { node: 'crowded' }, { node: 'a' }],
    ['ready for a shorter time', { readyFor: 10 }, { readyFor: 1000 }],
    ['restarted more often', { restarts: 3 }, { restarts: 1 }],
    ['younger', { age: 10 }, { age: 1000 }],
  ])('gives up the one %s first', (_, first, second) => {
    const context = { nowMs: now, siblingsOnNode: new Map([['crowded', 2], ['a', 1]]) } // prettier-ignore
    const [x, y] = [pod('x', first), pod('w', second)]
    expect(byDeletionRank([x, y], context)[0]).toBe(x)
    expect(byDeletionRank([y, x], context)[0]).toBe(x)
  })
})

describe('a ReplicaSet of more replicas than any cluster has room for', () => {
  const failure = () => status()?.conditions?.find(({ type }) => type === 'ReplicaFailure')

  it('has 1,000 pods that wait for a server, and says so', async () => {
    await createSet(2_147_483_647)
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(1_000)
    expect(failure()).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message:
        '1000 of 2147483647 pods are there, and 1000 of them have no server yet: more are created once these have one',
    })
    expect(cluster.events.filter(({ reason }) => reason === 'FailedCreate')).toHaveLength(1)
    for (const { metadata } of cluster.pods().slice(0, 10)) {
      await cluster.registry.modify(PodKind, metadata, draft => void (draft.spec.nodeName = 'a'))
    }
    await cluster.settle()
    expect(cluster.pods()).toHaveLength(1_010)
    await scale(1_010)
    await cluster.settle()
    expect(failure()).toBeUndefined()
  })
})

describe('slow start', () => {
  it('goes on in batches of 1, 2, 4, … and stops after the first that fails', async () => {
    const batches: number[] = []
    let size = 0
    const action = (index: number) => {
      if (size === 0) queueMicrotask(() => void (batches.push(size), (size = 0)))
      size++
      return index >= 4 ? Promise.reject(new Error(`no ${index}`)) : Promise.resolve()
    }
    const result = await slowStart(100, action)
    expect(batches).toEqual([1, 2, 4])
    expect(result.succeeded).toBe(4)
    expect((result.error as Error).message).toBe('no 4')
  })

  it('does all when none fails', async () => {
    const seen: number[] = []
    expect(await slowStart(10, async index => seen.push(index))).toEqual({ succeeded: 10 })
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
