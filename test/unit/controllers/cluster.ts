import type { ObjectKey } from '../../../src-main/api/client.ts'
import type { EventRecorder, EventType } from '../../../src-main/api/events.ts'
import { followDefinitions } from '../../../src-main/api/custom/definitions.ts'
import { DeploymentKind } from '../../../src-main/api/kinds/deployment.ts'
import { kinds as ownKinds } from '../../../src-main/api/kinds/index.ts'
import { KindSet } from '../../../src-main/api/kinds/kind-set.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { Deployment, NewObject, Node, Pod } from '../../../src-main/api/types.ts'
import type { RolloutRequestsOptions } from '../../../src-main/controllers/deployment/rollout-requests.ts'
import type { Controller } from '../../../src-main/controllers/runtime/controller.ts'
import { withCondition } from '../../../src-main/controllers/runtime/conditions.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { createMemoryObjectStore } from '../../../src-main/store/memory.ts'

export interface RecordedEvent {
  about: string
  type: EventType
  reason: string
  message: string
}

type TestOptions = RolloutRequestsOptions & { client: Registry; kinds: KindSet }

/** A control plane without servers: the real API over a store in memory, and a clock that the test moves. */
export class TestCluster {
  readonly clock = new ManualClock()
  readonly events: RecordedEvent[] = []
  readonly registry: Registry
  readonly options: TestOptions
  #running: Controller[] = []

  private constructor(registry: Registry, kinds: KindSet, clock: ManualClock) {
    this.registry = registry
    this.clock = clock
    const recorder: EventRecorder = {
      event: (about, type, reason, message) =>
        void this.events.push({ about: `${about.kind}/${about.metadata.name}`, type, reason, message }),
    }
    this.options = {
      client: registry,
      kinds,
      events: recorder,
      clock,
      logger: silentLogger,
      countFailedRequests: () => Promise.resolve(undefined),
    }
  }

  static async create(): Promise<TestCluster> {
    const clock = new ManualClock()
    const store = createMemoryObjectStore()
    const registry = new Registry({ store, clock })
    const kinds = new KindSet(ownKinds)
    followDefinitions({ client: registry, kinds })
    await ensureNamespaces(registry)
    return new TestCluster(registry, kinds, clock)
  }

  start(...factories: ((options: TestOptions) => Controller)[]): void {
    for (const factory of factories) {
      const controller = factory(this.options)
      this.#running.push(controller)
      controller.start()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(controller => controller.stop()))
  }

  /** Ends the controllers without waiting for what they have in hand, which may hang. */
  abandon(): void {
    for (const controller of this.#running.splice(0)) void controller.stop()
  }

  /** Resolves when nothing has been written for a while and nothing is on its way. */
  async settle(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 8; quiet++) {
      if (this.registry.revision !== before) quiet = 0
      before = this.registry.revision
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** Lets the clock run on by `ms`, settling before and after. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    await this.clock.advance(ms)
    await this.settle()
  }

  pods(): Pod[] {
    return this.registry.list(PodKind)
  }

  livePods(): Pod[] {
    return this.pods().filter(pod => !pod.metadata.deletionTimestamp)
  }

  deployment(name = 'web'): Deployment {
    const found = this.registry.get(DeploymentKind, name, 'default')
    if (!found) throw new Error(`no Deployment ${name}`)
    return found
  }

  async addNode(name: string, change: (node: NewObject<Node>) => void = () => undefined): Promise<Node> {
    const allocatable = { cpu: '4', memory: '8Gi', pods: '110' }
    const node: NewObject<Node> = {
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      spec: {},
      status: { capacity: allocatable, allocatable, conditions: [readyCondition('True')] },
    }
    change(node)
    const created = await this.registry.create(NodeKind, node)
    const { status } = node
    await this.registry.modifyStatus(NodeKind, created.metadata, draft => {
      draft.status = status
    })
    return created
  }

  async setNodeReady(name: string, status: 'True' | 'False' | 'Unknown'): Promise<void> {
    await this.registry.modifyStatus(NodeKind, { name }, draft => {
      const conditions = withCondition(draft.status?.conditions, readyCondition(status), this.clock.now())
      draft.status = { ...draft.status, conditions }
    })
  }

  async setPodReady(pod: Pod, ready = true): Promise<void> {
    await this.registry.modifyStatus(PodKind, pod.metadata, draft => {
      const condition = { type: 'Ready', status: ready ? 'True' : 'False' }
      const conditions = withCondition(draft.status?.conditions, condition, this.clock.now())
      draft.status = { ...draft.status, phase: 'Running', conditions }
    })
  }
}

const readyCondition = (status: string) => ({ type: 'Ready', status, reason: 'Test', message: '' })

export interface TestKubeletOptions {
  startMs?: number
  stopMs?: number
  /** Where pods without a node go, for lack of a scheduler. */
  bindTo?: string
  /** Nodes whose kubelet does nothing; it catches up when the node is written again. */
  isSilent?: (node: string) => boolean
}

/**
 * The simplest kubelet, for all nodes: makes pods ready after `startMs`, and lets go of those that are being deleted
 * after `stopMs`.
 */
export function createTestKubelet(
  { registry, clock }: TestCluster,
  { startMs = 0, stopMs = 0, bindTo, isSilent = () => false }: TestKubeletOptions = {},
): Controller {
  const known = new Set<string>()
  const subscriptions: (() => void)[] = []
  const later = (ms: number, action: () => Promise<unknown>) => {
    subscriptions.push(clock.after(ms, () => void action()))
  }
  const start = ({ name, namespace }: ObjectKey) =>
    registry.modifyStatus(PodKind, { name, namespace }, draft => {
      if (draft.metadata.deletionTimestamp) return
      const condition = { type: 'Ready', status: 'True' }
      const conditions = withCondition(draft.status?.conditions, condition, clock.now())
      draft.status = { ...draft.status, phase: 'Running', conditions }
    })
  const look = ({ metadata, spec }: Pod) => {
    const { name, namespace, uid, deletionTimestamp } = metadata
    if (spec.nodeName && isSilent(spec.nodeName)) return
    const step = spec.nodeName ? (deletionTimestamp ? 'stop' : 'start') : 'bind'
    if (known.has(`${uid} ${step}`)) return
    known.add(`${uid} ${step}`)
    const key = { name, namespace }
    if (step === 'start') later(startMs, () => start(key))
    else if (step === 'stop') later(stopMs, () => registry.delete(PodKind, key, { gracePeriodSeconds: 0 }))
    else if (bindTo) {
      later(0, () => registry.modify(PodKind, key, draft => void (draft.spec.nodeName = bindTo)))
    }
  }
  return {
    start() {
      subscriptions.push(
        registry.watch(PodKind, ({ type, object }) => {
          if (type !== 'DELETED') look(object)
        }),
        registry.watch(NodeKind, ({ object }) => {
          for (const pod of registry.list(PodKind, { node: object.metadata.name })) look(pod)
        }),
      )
      for (const pod of registry.list(PodKind)) look(pod)
    },
    stop() {
      for (const dispose of subscriptions.splice(0)) dispose()
      return Promise.resolve()
    },
  }
}

export function newDeployment(
  name: string,
  change: (spec: Deployment['spec']) => void = () => undefined,
): NewObject<Deployment> {
  const spec: Deployment['spec'] = {
    replicas: 3,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: name } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    },
  }
  change(spec)
  return { metadata: { name, namespace: 'default' }, spec }
}
