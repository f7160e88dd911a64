import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import type { Client } from '../../../src-main/api/client.ts'
import type { Pod } from '../../../src-main/api/types.ts'
import { boundsOf } from '../../../src-main/controllers/deployment/bounds.ts'
import { createDeploymentController } from '../../../src-main/controllers/deployment/deployment-controller.ts'
import { isReady } from '../../../src-main/controllers/runtime/pods.ts'
import { createReplicaSetController } from '../../../src-main/controllers/replica-set/replica-set-controller.ts'
import { newDeployment, TestCluster } from './cluster.ts'

type Write = 'create' | 'modify' | 'modifyStatus' | 'delete'

interface Life {
  writesLeft: number
  underWay: Set<Promise<unknown>>
}

/** A client whose process dies after a number of writes: from then on nothing of it reaches the store. */
function mortal(client: Client, life: Life): Client {
  const limited = <K extends Write>(name: K): Client[K] =>
    ((...args: unknown[]) => {
      if (life.writesLeft-- <= 0) return new Promise(() => undefined)
      const write = (client[name] as (...args: unknown[]) => Promise<unknown>).apply(client, args)
      life.underWay.add(write)
      const done = () => life.underWay.delete(write)
      write.then(done, done)
      return write
    }) as Client[K]
  return {
    get: client.get.bind(client),
    list: client.list.bind(client),
    watch: client.watch.bind(client),
    update: () => Promise.reject(new Error('not used by controllers')),
    updateStatus: () => Promise.reject(new Error('not used by controllers')),
    create: limited('create'),
    modify: limited('modify'),
    modifyStatus: limited('modifyStatus'),
    delete: limited('delete'),
  }
}

type Step =
  | { do: 'ready'; pod: number }
  | { do: 'template'; tag: number }
  | { do: 'kill'; afterWrites: number }
  | { do: 'settle' }
  | { do: 'tick' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ready' as const), pod: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('template' as const), tag: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), afterWrites: fc.nat(6) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
)

const limit = fc.oneof(
  fc.nat(4),
  fc.integer({ min: 0, max: 100 }).map(percent => `${percent}%`),
)

const scenario = fc.record({
  replicas: fc.integer({ min: 1, max: 8 }),
  maxSurge: limit,
  maxUnavailable: limit,
  steps: fc.array(step, { maxLength: 25 }),
})

class Rollout {
  readonly broken: string[] = []
  readonly cluster: TestCluster
  #life: Life = { writesLeft: Infinity, underWay: new Set() }

  constructor(cluster: TestCluster) {
    this.cluster = cluster
  }

  /**
   * A new process in place of the old one, which dies where it is. What the old one was writing is on the disk before
   * the new one reads it: a write that arrived later would be one of two processes at a time.
   */
  async restart(writes = Infinity): Promise<void> {
    const { underWay } = this.#life
    this.#life.writesLeft = 0
    this.cluster.abandon()
    await Promise.allSettled(underWay)
    this.#life = { writesLeft: writes, underWay: new Set() }
    const client = mortal(this.cluster.registry, this.#life)
    this.cluster.start(
      options => createReplicaSetController({ ...options, client }),
      options => createDeploymentController({ ...options, client }),
    )
  }

  /** Looks at the laws at every single change of a pod. */
  watch(): () => void {
    const { minAvailable, maxTotal } = boundsOf(this.cluster.deployment())
    return this.cluster.registry.watch(PodKind, () => {
      const pods = this.cluster.livePods()
      const available = pods.filter(isReady).length
      if (pods.length > maxTotal) this.broken.push(`${pods.length} pods, at most ${maxTotal} allowed`)
      if (available < minAvailable)
        this.broken.push(`${available} available, at least ${minAvailable} needed`)
    })
  }

  async makeReady(pods: readonly Pod[]): Promise<void> {
    for (const pod of pods) await this.cluster.setPodReady(pod)
  }

  async converge(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await this.cluster.pass(100)
      const waiting = this.cluster.livePods().filter(pod => !isReady(pod))
      if (waiting.length === 0) return
      await this.makeReady(waiting)
    }
  }

  async take(step: Step): Promise<void> {
    const { cluster } = this
    const live = cluster.livePods()
    switch (step.do) {
      case 'ready':
        return this.makeReady(
          live.slice(step.pod % Math.max(1, live.length), (step.pod % Math.max(1, live.length)) + 1),
        )
      case 'template':
        await cluster.registry.modify(DeploymentKind, { name: 'web', namespace: 'default' }, draft => {
          const container = draft.spec.template.spec?.containers[0]
          if (container) container.image = `web:${step.tag}`
        })
        return
      case 'kill':
        await this.restart(step.afterWrites)
        await cluster.settle()
        return this.restart()
      case 'settle':
        return cluster.settle()
      case 'tick':
        await new Promise(resolve => setImmediate(resolve))
    }
  }
}

describe('a rolling update, whatever happens and wherever the process is killed', () => {
  it('never has too many pods nor too few available ones, and ends with the last template alone', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ replicas, maxSurge, maxUnavailable, steps }) => {
        const cluster = await TestCluster.create()
        const rollout = new Rollout(cluster)
        await rollout.restart()
        await cluster.registry.create(
          DeploymentKind,
          newDeployment('web', spec => {
            spec.replicas = replicas
            const bothZero = [maxSurge, maxUnavailable].every(value => value === 0 || value === '0%')
            spec.strategy = {
              type: 'RollingUpdate',
              rollingUpdate: { maxSurge: bothZero ? 1 : maxSurge, maxUnavailable },
            }
          }),
        )
        await rollout.converge()
        const stopWatching = rollout.watch()
        for (const each of steps) await rollout.take(each)
        await rollout.converge()
        stopWatching()
        expect(rollout.broken).toEqual([])
        const wanted = cluster.deployment().spec.template.spec?.containers[0]?.image
        expect(cluster.livePods().map(pod => pod.spec.containers[0]?.image)).toEqual(
          Array(replicas).fill(wanted),
        )
        expect(cluster.deployment().status).toMatchObject({
          updatedReplicas: replicas,
          availableReplicas: replicas,
        })
        cluster.abandon()
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})
