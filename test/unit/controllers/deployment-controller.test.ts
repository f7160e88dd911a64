import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ReplicaSetKind } from '../../../src-main/api/kinds/replica-set.ts'
import type { Deployment, KubeObject, ReplicaSet } from '../../../src-main/api/types.ts'
import { REVISION } from '../../../src-main/controllers/deployment/annotations.ts'
import { createDeploymentController } from '../../../src-main/controllers/deployment/deployment-controller.ts'
import { templateHash } from '../../../src-main/controllers/deployment/template-hash.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { createTestKubelet, newDeployment, TestCluster } from './cluster.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await TestCluster.create()
})

afterEach(() => cluster.stop())

const startAll = (kubelet: Parameters<typeof createTestKubelet>[1] = {}) =>
  cluster.start(createReplicaSetController, createDeploymentController, () =>
    createTestKubelet(cluster, { bindTo: 'a', ...kubelet }),
  )

const create = (change?: (spec: Deployment['spec']) => void) =>
  cluster.registry.create(DeploymentKind, newDeployment('web', change))

const change = (edit: (spec: Deployment['spec']) => void) =>
  cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, draft => edit(draft.spec))

const setImage = (image: string) =>
  change(spec => {
    const container = spec.template.spec?.containers[0]
    if (container) container.image = image
  })

const sets = () => cluster.registry.list(ReplicaSetKind, { namespace: 'default' })
const imageOf = (set: ReplicaSet) => set.spec.template?.spec?.containers[0]?.image
const sizes = () => Object.fromEntries(sets().map(set => [imageOf(set), set.spec.replicas]))
const revisions = () =>
  Object.fromEntries(sets().map(set => [imageOf(set), set.metadata.annotations?.[REVISION]]))
const condition = (type: string) => cluster.deployment().status?.conditions?.find(item => item.type === type)

describe('a new Deployment', () => {
  it('creates a ReplicaSet with its template, hash label and revision 1, and the pods', async () => {
    startAll()
    await create()
    await cluster.pass(0)
    const [set] = sets()
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(hash).toBe(templateHash(cluster.deployment().spec.template))
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(set?.spec.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash })
    expect(set?.metadata.ownerReferences).toMatchObject([
      { kind: 'Deployment', name: 'web', controller: true },
    ])
    expect(cluster.deployment().metadata.annotations?.[REVISION]).toBe('1')
    expect(cluster.pods()).toHaveLength(3)
  })

  it('tells of its progress in the words that kubectl waits for', async () => {
    cluster.start(createReplicaSetController, createDeploymentController)
    await create()
    await cluster.settle()
    const name = sets()[0]?.metadata.name
    expect(condition('Progressing')).toMatchObject({ status: 'True' })
    expect(condition('Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    for (const pod of cluster.pods()) await cluster.setPodReady(pod)
    await cluster.settle()
    expect(cluster.deployment().status).toMatchObject({
      observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, unavailableReplicas: 0,
    }) // prettier-ignore
    expect(condition('Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
    expect(condition('Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    })
  })

  it('writes nothing more once it is complete', async () => {
    startAll()
    await create()
    await cluster.pass(1000)
    const { revision } = cluster.registry
    await cluster.pass(3_600_000)
    expect(cluster.registry.revision).toBe(revision)
  })

  it("gives its annotations to its ReplicaSet, and leaves those that are the set's own", async () => {
    startAll()
    await create()
    await cluster.settle()
    const [set] = sets()
    if (!set) throw new Error('no ReplicaSet')
    const annotate = (more: Record<string, string>) => (draft: KubeObject) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, ...more }
    }
    await cluster.registry.modify(ReplicaSetKind, set.metadata, annotate({ note: 'mine', cause: 'mine' }))
    await cluster.settle()
    await cluster.registry.modify(
      DeploymentKind,
      cluster.deployment().metadata,
      annotate({ cause: 'theirs' }),
    )
    await cluster.settle()
    expect(sets()[0]?.metadata.annotations).toEqual({
      ...set.metadata.annotations,
      note: 'mine',
      cause: 'theirs',
    })
  })

  it('takes a ReplicaSet of its own that a killed process left without revision on the Deployment', async () => {
    startAll()
    await create()
    await cluster.settle()
    await cluster.stop()
    await cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, draft => {
      delete draft.metadata.annotations
    })
    startAll()
    await cluster.settle()
    expect(sets()).toHaveLength(1)
    expect(cluster.deployment().metadata.annotations?.[REVISION]).toBe('1')
  })

  it('counts a collision of hashes and takes another name', async () => {
    const created = await create()
    const hash = templateHash(created.spec.template)
    await cluster.registry.create(ReplicaSetKind, {
      metadata: { name: `web-${hash}`, namespace: 'default' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'other' } },
        template: {
          metadata: { labels: { app: 'other' } },
          spec: { containers: [{ name: 'x', image: 'x' }] },
        },
      },
    })
    startAll()
    await cluster.pass(1000)
    expect(cluster.deployment().status?.collisionCount).toBe(1)
    expect(cluster.pods()).toHaveLength(3)
  })
})

describe('a rolling update', () => {
  it('replaces all pods and keeps the old set at 0', async () => {
    startAll()
    await create()
    await cluster.pass(0)
    await setImage('web:2')
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 0, 'web:2': 3 })
    expect(revisions()).toEqual({ 'web:1': '1', 'web:2': '2' })
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable')
  })

  it('stops at a template whose pods never get ready, with enough old pods available', async () => {
    startAll()
    await create(spec => (spec.replicas = 10))
    await cluster.pass(0)
    await cluster.stop()
    cluster.start(createReplicaSetController, createDeploymentController)
    await setImage('web:bad')
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 8, 'web:bad': 5 })
    expect(cluster.deployment().status?.availableReplicas).toBe(8)
  })

  it('says so when the progress deadline is exceeded, also after a restart', async () => {
    startAll()
    await create(spec => (spec.progressDeadlineSeconds = 60))
    await cluster.pass(0)
    await cluster.stop()
    cluster.start(createReplicaSetController, createDeploymentController)
    await setImage('web:bad')
    await cluster.pass(30_000)
    expect(condition('Progressing')?.status).toBe('True')
    await cluster.stop()
    cluster.start(createReplicaSetController, createDeploymentController)
    await cluster.pass(32_000)
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  })

  it('goes back to an old template with the old set, under a new revision', async () => {
    startAll()
    await create()
    await cluster.pass(0)
    await setImage('web:2')
    await cluster.pass(1000)
    await setImage('web:1')
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 3, 'web:2': 0 })
    expect(revisions()).toEqual({ 'web:1': '3', 'web:2': '2' })
    const old = sets().find(set => imageOf(set) === 'web:1')
    expect(old?.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1')
    expect(cluster.deployment().metadata.annotations?.[REVISION]).toBe('3')
  })

  it('forgets old revisions beyond the limit', async () => {
    startAll()
    await create(spec => (spec.revisionHistoryLimit = 2))
    for (const tag of [1, 2, 3, 4, 5]) {
      await setImage(`web:${tag}`)
      await cluster.pass(1000)
    }
    expect(sizes()).toEqual({ 'web:3': 0, 'web:4': 0, 'web:5': 3 })
  })

  it('scales every set in proportion when the size changes half-way', async () => {
    startAll()
    await create(spec => (spec.replicas = 10))
    await cluster.pass(0)
    await cluster.stop()
    cluster.start(createReplicaSetController, createDeploymentController)
    await setImage('web:2')
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 8, 'web:2': 5 })
    await change(spec => (spec.replicas = 30))
    await cluster.settle()
    const { 'web:1': old = 0, 'web:2': updated = 0 } = sizes()
    // round(8 · 38 / 13) = 23 and round(5 · 38 / 13) = 15: 25% of 30 is a surge of 8
    expect({ old, updated }).toEqual({ old: 23, updated: 15 })
  })

  it('does nothing about a new template while paused, follows the size, and goes on when resumed', async () => {
    startAll()
    await create()
    await cluster.pass(0)
    await change(spec => (spec.paused = true))
    await setImage('web:2')
    await change(spec => (spec.replicas = 5))
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 5 })
    expect(condition('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
    await change(spec => delete spec.paused)
    await cluster.pass(1000)
    expect(sizes()).toEqual({ 'web:1': 0, 'web:2': 5 })
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable')
  })
})

describe('Recreate', () => {
  it('starts no new pod before the last old one is gone', async () => {
    startAll({ stopMs: 5000 })
    await create(spec => (spec.strategy = { type: 'Recreate' }))
    await cluster.pass(0)
    await setImage('web:2')
    await cluster.pass(4000)
    expect(cluster.livePods()).toHaveLength(0)
    expect(cluster.pods()).toHaveLength(3)
    await cluster.pass(2000)
    expect(sizes()).toEqual({ 'web:1': 0, 'web:2': 3 })
    expect(cluster.livePods()).toHaveLength(3)
    const images = cluster.registry.list(PodKind).map(pod => pod.spec.containers[0]?.image)
    expect(images).toEqual(['web:2', 'web:2', 'web:2'])
  })
})

it('tells what keeps pods from being created', async () => {
  cluster.start(createReplicaSetController, createDeploymentController)
  const refused = cluster.registry.create.bind(cluster.registry)
  cluster.registry.create = (kind, object, options) =>
    kind.kind === 'Pod' ? Promise.reject(new Error('no room in the store')) : refused(kind, object, options)
  await create()
  await cluster.settle()
  expect(condition('ReplicaFailure')).toMatchObject({
    status: 'True',
    reason: 'FailedCreate',
    message: 'no room in the store',
  })
  expect(cluster.events).toContainEqual(
    expect.objectContaining({ reason: 'FailedCreate', message: 'Error creating: no room in the store' }),
  )
})
