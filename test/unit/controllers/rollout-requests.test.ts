import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { ReplicaSetKind } from '../../../src-main/api/kinds/replica-set.ts'
import type { FailedRequests, Period, PodGroup } from '../../../src-main/api/rollout-requests.ts'
import type { Deployment } from '../../../src-main/api/types.ts'
import { REVISION } from '../../../src-main/controllers/deployment/annotations.ts'
import { createDeploymentController } from '../../../src-main/controllers/deployment/deployment-controller.ts'
import { createRolloutRequestsController } from '../../../src-main/controllers/deployment/rollout-requests.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { createTestKubelet, newDeployment, TestCluster } from './cluster.ts'

const STARTED = 'coxswain.io/rollout-started'
const FINISHED = 'coxswain.io/rollout-finished'
const FAILED = 'coxswain.io/rollout-failed-requests'
const UNCOUNTED = 'coxswain.io/rollout-uncounted-servers'

let cluster: TestCluster
/** What the servers say. */
let failed: FailedRequests | undefined
let asked: { pods: PodGroup; period: Period }[]

beforeEach(async () => {
  cluster = await TestCluster.create()
  failed = { byStatus: new Map(), uncounted: [] }
  asked = []
  cluster.options.countFailedRequests = (pods, period) => {
    asked.push({ pods, period })
    return Promise.resolve(failed)
  }
})

afterEach(() => cluster.stop())

const start = (kubelet: Parameters<typeof createTestKubelet>[1] = {}) =>
  cluster.start(createReplicaSetController, createDeploymentController, createRolloutRequestsController, () =>
    createTestKubelet(cluster, { bindTo: 'a', startMs: 3_000, stopMs: 1_000, ...kubelet }),
  )

const create = async (change?: (spec: Deployment['spec']) => void) => {
  await cluster.registry.create(DeploymentKind, newDeployment('web', change))
  await pass(20)
}

/** The clock goes on in small steps, as controllers and kubelets wait for one another. */
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) await cluster.pass(1_000)
}

const setImage = (image: string) =>
  cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, ({ spec }) => {
    const container = spec.template.spec?.containers[0]
    if (container) container.image = image
  })

function notesOf(revision: number): Record<string, string> {
  const set = cluster.registry
    .list(ReplicaSetKind, { namespace: 'default' })
    .find(({ metadata }) => metadata.annotations?.[REVISION] === String(revision))
  return set?.metadata.annotations ?? {}
}

const onDeployment = () => cluster.deployment().metadata.annotations?.[FAILED]
const told = () => cluster.events.filter(({ reason }) => reason === 'RequestsFailed')

describe('failed requests of a rollout', () => {
  it('are not asked for while nothing replaces anything', async () => {
    start()
    await create()
    await cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, ({ spec }) => {
      spec.replicas = 5
    })
    await pass(60)
    expect(asked).toEqual([])
    expect(notesOf(1)[STARTED]).toBeUndefined()
  })

  it('are 0 for one that lost none, and nobody is asked any more', async () => {
    start()
    await create()
    const began = cluster.clock.now()
    await setImage('web:2')
    await pass(60)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '0', [STARTED]: new Date(began).toISOString() })
    expect(Date.parse(notesOf(2)[FINISHED] ?? '')).toBeGreaterThan(began)
    expect(onDeployment()).toBe('0')
    expect(told()).toEqual([])
    const before = asked.length
    await pass(120)
    expect(asked).toHaveLength(before)
  })

  it('are counted until the last old pod is gone, and told once', async () => {
    start({ stopMs: 20_000 })
    await create()
    await setImage('web:2')
    await pass(10)
    failed = {
      byStatus: new Map([
        [502, 2],
        [500, 1],
      ]),
      uncounted: [],
    }
    await pass(10)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '3' })
    expect(notesOf(2)[FINISHED]).toBeUndefined()
    failed = {
      byStatus: new Map([
        [502, 9],
        [500, 3],
      ]),
      uncounted: [],
    }
    await pass(120)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '12' })
    expect(notesOf(2)[FINISHED]).toBeDefined()
    expect(onDeployment()).toBe('12')
    expect(told()).toMatchObject([
      {
        about: 'Deployment/web',
        type: 'Warning',
        message:
          '12 requests failed at the ingress while revision 2 was rolled out: 3 with status 500, 9 with status 502',
      },
    ])
    expect(asked[0]?.pods).toMatchObject({ namespace: 'default', labels: { app: 'web' } })
  })

  it('stay in the history, and a rollback has its own', async () => {
    start()
    await create()
    failed = { byStatus: new Map([[502, 7]]), uncounted: [] }
    await setImage('web:2')
    await pass(60)
    failed = { byStatus: new Map([[502, 1]]), uncounted: [] }
    await setImage('web:1')
    await pass(60)
    expect(notesOf(2)[FAILED]).toBe('7')
    expect(notesOf(3)[FAILED]).toBe('1')
    expect(onDeployment()).toBe('1')
    failed = { byStatus: new Map(), uncounted: [] }
    await setImage('web:2')
    await pass(60)
    expect(notesOf(4)[FAILED]).toBe('0')
    expect(onDeployment()).toBe('0')
  })

  it('of a revision that never got ready are concluded when the next one takes over', async () => {
    start({ startMs: 3_000 })
    await create()
    failed = { byStatus: new Map([[503, 4]]), uncounted: [] }
    await setImage('web:2')
    await pass(2)
    await setImage('web:3')
    await pass(1)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '4' })
    expect(notesOf(2)[FINISHED]).toBeDefined()
    expect(Date.parse(notesOf(2)[FINISHED] ?? '')).toBeLessThanOrEqual(cluster.clock.now())
    await pass(60)
    expect(notesOf(3)[FINISHED]).toBeDefined()
  })

  it('are counted on by the next control plane, from the same beginning', async () => {
    start({ startMs: 30_000 })
    await create()
    await pass(60)
    await setImage('web:2')
    await pass(5)
    const began = notesOf(2)[STARTED]
    await cluster.stop()
    await cluster.clock.advance(60_000)
    failed = { byStatus: new Map([[500, 5]]), uncounted: [] }
    start()
    await pass(60)
    expect(notesOf(2)).toMatchObject({ [STARTED]: began, [FAILED]: '5' })
    expect(notesOf(2)[FINISHED]).toBeDefined()
  })

  it('with Recreate begin when the old pods are sent away', async () => {
    start({ stopMs: 10_000 })
    await create(spec => {
      spec.strategy = { type: 'Recreate' }
    })
    const began = cluster.clock.now()
    await setImage('web:2')
    await pass(60)
    expect(notesOf(2)).toMatchObject({ [STARTED]: new Date(began).toISOString(), [FAILED]: '0' })
    expect(notesOf(2)[FINISHED]).toBeDefined()
  })

  it('that a server has not told are said to be missing; it is waited for', async () => {
    start()
    await create()
    failed = { byStatus: new Map([[502, 2]]), uncounted: ['b'] }
    await setImage('web:2')
    await pass(40)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '2', [UNCOUNTED]: 'b' })
    expect(notesOf(2)[FINISHED]).toBeUndefined()
    failed = { byStatus: new Map([[502, 3]]), uncounted: [] }
    await pass(10)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '3' })
    expect(notesOf(2)[UNCOUNTED]).toBeUndefined()
    expect(notesOf(2)[FINISHED]).toBeDefined()
  })

  it('do not sink when a server that was asked is gone, nor is it waited for without an end', async () => {
    start()
    await create()
    failed = { byStatus: new Map([[502, 8]]), uncounted: [] }
    await setImage('web:2')
    await pass(4)
    failed = { byStatus: new Map([[502, 1]]), uncounted: ['b'] }
    await pass(120)
    expect(notesOf(2)).toMatchObject({ [FAILED]: '8', [UNCOUNTED]: 'b' })
    expect(notesOf(2)[FINISHED]).toBeDefined()
  })

  it('are not said of pods to which no Ingress leads', async () => {
    failed = undefined
    start()
    await create()
    await setImage('web:2')
    await pass(60)
    expect(notesOf(2)).not.toHaveProperty([STARTED])
    expect(onDeployment()).toBeUndefined()
  })

  it('that kubectl’s undo copied to the Deployment with an old set’s annotations are put right', async () => {
    start()
    await create()
    failed = { byStatus: new Map([[502, 7]]), uncounted: [] }
    await setImage('web:2')
    await pass(60)
    await cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, [FAILED]: '99', [STARTED]: 'x' }
    })
    await pass(1)
    expect(onDeployment()).toBe('7')
    expect(cluster.deployment().metadata.annotations).not.toHaveProperty([STARTED])
    expect(notesOf(2)[FAILED]).toBe('7')
  })
})
