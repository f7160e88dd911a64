import { beforeEach, describe, expect, it } from 'vitest'
import { formatTime } from '../../../../src-main/lib/clock.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'
import { copyJson } from '../../../../src-main/lib/json.ts'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { DeploymentKind } from '../../../../src-main/api/kinds/deployment.ts'
import { NamespaceKind } from '../../../../src-main/api/kinds/namespace.ts'
import { NodeKind } from '../../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../../../src-main/api/namespaces.ts'
import { Registry } from '../../../../src-main/api/registry.ts'
import type { ConfigMap, Deployment, NewObject, Pod } from '../../../../src-main/api/types.ts'
import { createFakeStore } from './fake-store.ts'

const clock = new ManualClock()
let registry: Registry

beforeEach(async () => {
  registry = new Registry({ store: createFakeStore(), clock })
  await ensureNamespaces(registry)
})

const configMap = (name: string, data: Record<string, string> = {}): NewObject<ConfigMap> => ({
  metadata: { name, namespace: 'default' },
  data,
})

const pod = (name: string): NewObject<Pod> => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'web:1' }] },
})

const deployment = (name: string): NewObject<Deployment> => ({
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    },
  },
})

const key = (name: string) => ({ name, namespace: 'default' })

describe('create', () => {
  it('fills in what the server owns', async () => {
    const stored = await registry.create(DeploymentKind, deployment('web'))
    expect(stored).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' })
    expect(stored.metadata).toMatchObject({ name: 'web', namespace: 'default', generation: 1 })
    expect(stored.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(stored.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z')
    expect(stored.metadata.resourceVersion).toBe(String(registry.revision))
  })

  it("refuses a finalizer that is nobody's", async () => {
    const input = configMap('a')
    input.metadata.finalizers = ['orphan', 'mine']
    await expect(registry.create(ConfigMapKind, input)).rejects.toMatchObject({
      reason: 'Invalid',
      details: {
        causes: [
          {
            field: 'metadata.finalizers[1]',
            message:
              'Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
          },
        ],
      },
    })
  })

  it('refuses a name that is taken', async () => {
    await registry.create(ConfigMapKind, configMap('a'))
    await expect(registry.create(ConfigMapKind, configMap('a'))).rejects.toMatchObject({
      reason: 'AlreadyExists',
      message: 'configmaps "a" already exists',
    })
  })

  it('makes a name of generateName', async () => {
    const metadata = { generateName: 'web-', namespace: 'default' }
    const stored = await registry.create(ConfigMapKind, { metadata })
    expect(stored.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  it.each([
    ['unknown namespace', { namespace: 'nowhere' }, 'NotFound', 'namespaces "nowhere" not found'],
    [
      'no namespace',
      { namespace: '' },
      'Invalid',
      'ConfigMap "a" is invalid: metadata.namespace: Required value',
    ],
    [
      'a resourceVersion',
      { resourceVersion: '7' },
      'BadRequest',
      'resourceVersion should not be set on objects to be created',
    ],
  ])('refuses %s', async (_what, metadata, reason, message) => {
    const object = { metadata: { name: 'a', namespace: 'default', ...metadata } }
    await expect(registry.create(ConfigMapKind, object)).rejects.toMatchObject({ reason, message })
  })

  it('names every offending field of the metadata at once', async () => {
    const metadata = {
      name: 'Bad_Name',
      namespace: 'default',
      labels: { 'a b': 'x', ok: '-' },
      annotations: { '/': '' },
    }
    const error = await registry.create(ConfigMapKind, { metadata }).catch((error: unknown) => error)
    expect((error as { details: { causes: { field: string }[] } }).details.causes.map(cause => cause.field)).toEqual([
      'metadata.name', 'metadata.labels', 'metadata.labels', 'metadata.annotations',
    ]) // prettier-ignore
  })

  it('stores nothing in a dry run, and validates all the same', async () => {
    const before = registry.revision
    const result = await registry.create(ConfigMapKind, configMap('a'), { dryRun: true })
    expect(result.metadata.name).toBe('a')
    await expect(registry.create(ConfigMapKind, configMap('A'), { dryRun: true })).rejects.toMatchObject({
      reason: 'Invalid',
    })
    expect(registry.revision).toBe(before)
  })

  it('names unknown fields, or warns of them and drops them', async () => {
    const object = { ...deployment('web'), spec: { ...deployment('web').spec, replicass: 3, foo: 1 } }
    await expect(registry.create(DeploymentKind, object)).rejects.toMatchObject({
      reason: 'BadRequest',
      message: expect.stringContaining(
        'strict decoding error: unknown field "spec.replicass", unknown field "spec.foo"',
      ),
    })
    const warnings: string[] = []
    const options = { fieldValidation: 'Warn', warn: (text: string) => warnings.push(text) } as const
    const stored = await registry.create(DeploymentKind, object, options)
    expect(warnings).toEqual(['unknown field "spec.replicass"', 'unknown field "spec.foo"'])
    expect(stored.spec).not.toHaveProperty('replicass')
  })
})

describe('update', () => {
  it('refuses a stale resourceVersion and overwrites without one', async () => {
    const first = await registry.create(ConfigMapKind, configMap('a', { k: '1' }))
    const second = await registry.update(ConfigMapKind, { ...first, data: { k: '2' } })
    await expect(registry.update(ConfigMapKind, { ...first, data: { k: '3' } })).rejects.toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    })
    const metadata = { ...second.metadata, resourceVersion: '' }
    expect((await registry.update(ConfigMapKind, { ...first, metadata, data: { k: '4' } })).data).toEqual({
      k: '4',
    })
  })

  it('writes nothing when nothing changed', async () => {
    const stored = await registry.create(DeploymentKind, deployment('web'))
    const before = registry.revision
    expect(await registry.update(DeploymentKind, copyJson(stored))).toEqual(stored)
    expect(registry.revision).toBe(before)
  })

  it('keeps status apart from the rest, and counts generations of the spec', async () => {
    const stored = await registry.create(DeploymentKind, deployment('web'))
    const status = { replicas: 3, observedGeneration: 1 }
    const withStatus = await registry.updateStatus(DeploymentKind, {
      ...stored,
      status,
      spec: { ...stored.spec, replicas: 9 },
    })
    expect(withStatus.spec.replicas).toBe(stored.spec.replicas)
    expect(withStatus.metadata.generation).toBe(1)
    const scaled = await registry.update(DeploymentKind, {
      ...withStatus,
      status: {},
      spec: { ...withStatus.spec, replicas: 5 },
    })
    expect(scaled.status).toMatchObject(status)
    expect(scaled.metadata.generation).toBe(2)
    const labelled = await registry.update(DeploymentKind, {
      ...scaled,
      metadata: { ...scaled.metadata, labels: { a: 'b' } },
    })
    expect(labelled.metadata.generation).toBe(2)
  })

  it('keeps what the server owns', async () => {
    const stored = await registry.create(ConfigMapKind, configMap('a'))
    const changed = await registry.update(ConfigMapKind, {
      ...stored,
      metadata: { ...stored.metadata, creationTimestamp: '1999-01-01T00:00:00Z', labels: { x: 'y' } },
    })
    expect(changed.metadata.creationTimestamp).toBe(stored.metadata.creationTimestamp)
  })

  it('modifies again after a conflict', async () => {
    await registry.create(ConfigMapKind, configMap('a', { n: '0' }))
    const increment = () =>
      registry.modify(ConfigMapKind, key('a'), draft => {
        draft.data = { n: String(Number(draft.data?.n) + 1) }
      })
    await Promise.all(Array.from({ length: 20 }, increment))
    expect(registry.get(ConfigMapKind, 'a', 'default')?.data).toEqual({ n: '20' })
    expect(await registry.modify(ConfigMapKind, key('none'), () => {})).toBeUndefined()
  })

  it('takes over what a change of metadata leaves alone, whatever else it says', async () => {
    const stored = await registry.create(PodKind, pod('a'))
    const labelled = await registry.update(PodKind, {
      ...copyJson(stored),
      metadata: { ...stored.metadata, labels: { app: 'web' } },
      status: { phase: 'Failed' },
    })
    expect(labelled.metadata.labels).toEqual({ app: 'web' })
    expect(labelled.metadata.generation).toBe(stored.metadata.generation)
    expect(labelled.spec).toEqual(stored.spec)
    expect(labelled.status).toEqual(stored.status)
    expect(Object.isFrozen(labelled.spec.containers[0])).toBe(true)
  })

  it('still checks the metadata and the status of a write that changes nothing else', async () => {
    const stored = await registry.create(PodKind, pod('a'))
    const labelled = (labels: unknown) =>
      registry.update(PodKind, { ...stored, metadata: { ...stored.metadata, labels } } as Pod)
    await expect(labelled({ app: 'not a value!' })).rejects.toMatchObject({ reason: 'Invalid' })
    await expect(labelled({ app: 7 })).rejects.toMatchObject({ reason: 'Invalid' })
    await expect(
      registry.update(PodKind, { ...stored, metadata: { ...stored.metadata, lables: {} } } as Pod),
    ).rejects.toMatchObject({ reason: 'BadRequest', message: expect.stringContaining('metadata.lables') })
    await expect(
      registry.updateStatus(PodKind, { ...stored, status: { phase: 7 } } as unknown as Pod),
    ).rejects.toMatchObject({ reason: 'Invalid', message: expect.stringContaining('status.phase') })
    await expect(
      registry.update(PodKind, { ...stored, apiVersion: 'apps/v1', metadata: { ...stored.metadata } }),
    ).rejects.toMatchObject({ reason: 'BadRequest' })
  })

  it('forgets a status that is null', async () => {
    const stored = await registry.create(PodKind, pod('a'))
    const without = await registry.updateStatus(PodKind, { ...stored, status: null } as unknown as Pod)
    expect('status' in without).toBe(false)
  })
})

describe('delete', () => {
  it('removes at once what has neither grace nor finalizers', async () => {
    await registry.create(ConfigMapKind, configMap('a'))
    await registry.delete(ConfigMapKind, key('a'))
    expect(registry.get(ConfigMapKind, 'a', 'default')).toBeUndefined()
    await registry.delete(ConfigMapKind, key('a'))
  })

  it.each([
    ['uid', { uid: 'other' }],
    ['resourceVersion', { resourceVersion: '1' }],
  ])('holds the precondition on %s', async (_what, preconditions) => {
    await registry.create(ConfigMapKind, configMap('a'))
    await expect(registry.delete(ConfigMapKind, key('a'), { preconditions })).rejects.toMatchObject({
      reason: 'Conflict',
    })
  })

  it('lets a scheduled pod wait for its kubelet, and shortens its grace', async () => {
    await registry.create(PodKind, pod('a'))
    await registry.modify(PodKind, key('a'), draft => {
      draft.spec.nodeName = 'n1'
    })
    const metadata = () => registry.get(PodKind, 'a', 'default')?.metadata
    await registry.delete(PodKind, key('a'))
    expect(metadata()).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2026-01-01T00:00:30Z',
    })
    await registry.delete(PodKind, key('a'), { gracePeriodSeconds: 60 })
    expect(metadata()?.deletionGracePeriodSeconds).toBe(30)
    await registry.delete(PodKind, key('a'), { gracePeriodSeconds: 5 })
    expect(metadata()?.deletionGracePeriodSeconds).toBe(5)
    await registry.delete(PodKind, key('a'), { gracePeriodSeconds: 0 })
    expect(metadata()).toBeUndefined()
  })

  it.each([
    ['nothing', undefined, 600],
    ['a longer grace', 700, 600],
    ['a shorter one, counted from the first request', 100, 100],
    ['less than nothing', -1, 1],
  ])('asked again with %s, leaves a pod its grace or shortens it', async (_what, requested, left) => {
    const clock = new ManualClock()
    registry = new Registry({ store: createFakeStore(), clock })
    await ensureNamespaces(registry)
    await registry.create(PodKind, pod('a'))
    await registry.modify(PodKind, key('a'), draft => {
      draft.spec.nodeName = 'n1'
    })
    const first = clock.now()
    await registry.delete(PodKind, key('a'), { gracePeriodSeconds: 600 })
    await clock.advance(20_000)
    await registry.delete(PodKind, key('a'), requested === undefined ? {} : { gracePeriodSeconds: requested })
    expect(registry.get(PodKind, 'a', 'default')?.metadata).toMatchObject({
      deletionGracePeriodSeconds: left,
      deletionTimestamp: formatTime(first + left * 1000),
    })
  })

  it('removes a pod that was never scheduled at once', async () => {
    await registry.create(PodKind, pod('a'))
    await registry.delete(PodKind, key('a'))
    expect(registry.get(PodKind, 'a', 'default')).toBeUndefined()
  })

  it('waits for finalizers, and goes with the last of them', async () => {
    const input = configMap('a')
    input.metadata.finalizers = ['example.com/one', 'example.com/two']
    await registry.create(ConfigMapKind, input)
    await registry.delete(ConfigMapKind, key('a'))
    expect(registry.get(ConfigMapKind, 'a', 'default')?.metadata.deletionTimestamp).toBeDefined()
    await registry.modify(ConfigMapKind, key('a'), draft => {
      draft.metadata.finalizers = ['example.com/two']
    })
    await expect(
      registry.modify(ConfigMapKind, key('a'), draft => {
        draft.metadata.finalizers = ['example.com/two', 'example.com/three']
      }),
    ).rejects.toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining('no new finalizers can be added'),
    })
    await registry.modify(ConfigMapKind, key('a'), draft => {
      draft.metadata.finalizers = []
    })
    expect(registry.get(ConfigMapKind, 'a', 'default')).toBeUndefined()
  })

  it.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ] as const)('%s leaves its finalizer for the garbage collector', async (propagationPolicy, finalizers) => {
    await registry.create(DeploymentKind, deployment('web'))
    await registry.delete(DeploymentKind, key('web'), { propagationPolicy })
    expect(registry.get(DeploymentKind, 'web', 'default')?.metadata.finalizers).toEqual(finalizers)
  })

  it('ends a namespace by its finalizer', async () => {
    await registry.create(NamespaceKind, { metadata: { name: 'shop' } })
    await registry.delete(NamespaceKind, { name: 'shop' })
    const terminating = registry.get(NamespaceKind, 'shop')
    expect(terminating?.status?.phase).toBe('Terminating')
    await expect(
      registry.create(ConfigMapKind, { metadata: { name: 'a', namespace: 'shop' } }),
    ).rejects.toMatchObject({
      reason: 'Forbidden',
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
    })
    if (!terminating) throw new Error('the namespace is gone too early')
    await registry.finalize(NamespaceKind, { ...terminating, spec: { finalizers: [] } })
    expect(registry.get(NamespaceKind, 'shop')).toBeUndefined()
  })
})

describe('scale', () => {
  it('reads and sets the number of replicas', async () => {
    await registry.create(DeploymentKind, deployment('web'))
    const scale = registry.getScale(DeploymentKind, key('web'))
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=web' } })
    await registry.updateScale(DeploymentKind, key('web'), { ...scale, spec: { replicas: 4 } })
    expect(registry.get(DeploymentKind, 'web', 'default')?.spec.replicas).toBe(4)
    await expect(
      registry.updateScale(DeploymentKind, key('web'), { ...scale, spec: { replicas: 5 } }),
    ).rejects.toMatchObject({ reason: 'Conflict' })
    await expect(
      registry.updateScale(DeploymentKind, key('web'), { spec: { replicas: -1 } }),
    ).rejects.toMatchObject({ reason: 'Invalid' })
    // one that names no version goes by no version
    const sizes = [5, 6, 7]
    const all = sizes.map(replicas =>
      registry.updateScale(DeploymentKind, key('web'), { spec: { replicas } }),
    )
    expect((await Promise.all(all)).map(({ spec }) => spec.replicas)).toEqual(sizes)
  })
})

describe('lists', () => {
  it('are given as they were at an earlier revision', async () => {
    await registry.create(ConfigMapKind, configMap('a', { v: '1' }))
    await registry.create(ConfigMapKind, configMap('b'))
    const revision = registry.revision
    const then = registry.list(ConfigMapKind)
    await registry.modify(ConfigMapKind, key('a'), draft => {
      draft.data = { v: '2' }
    })
    await registry.delete(ConfigMapKind, key('b'))
    await registry.create(ConfigMapKind, configMap('c'))
    expect(registry.listAt(ConfigMapKind, revision)).toEqual(then)
  })

  it('expire with the history', async () => {
    const store = createFakeStore({ keep: 1 })
    const short = new Registry({ store, clock })
    for (const name of ['a', 'b', 'c']) await short.create(NodeKind, { metadata: { name }, spec: {} })
    expect(() => short.listAt(NodeKind, 1)).toThrow(expect.objectContaining({ reason: 'Expired' }))
  })
})
