import type { EventRecorder } from '../../../src-main/api/events.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { NewObject, Node, Pod, PodSpec } from '../../../src-main/api/types.ts'
import type { Engine, EngineContainer } from '../../../src-main/engine/engine.ts'
import {
  createSimulatedEngine,
  type SimulatedEngine,
} from '../../../src-main/engine/simulated/simulated-engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { Kubelet, type KubeletOptions } from '../../../src-main/kubelet/kubelet.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../src-main/lib/manual-clock.ts'
import { MemoryKeyValueStore } from '../../../src-main/store/memory.ts'
import { KeyValueObjectStore } from '../../../src-main/store/objects.ts'

export const CLUSTER = 'test-cluster'
export const IMAGE = 'web:1'

/** One simulated server with the real API over a store in memory, and a clock that the test moves. */
export class TestNode {
  readonly clock = new ManualClock()
  readonly events: string[] = []
  readonly engine: SimulatedEngine
  readonly registry: Registry
  kubelet: Kubelet

  private constructor(registry: Registry, clock: ManualClock) {
    this.clock = clock
    this.registry = registry
    this.engine = createSimulatedEngine({
      clock,
      cpus: 2,
      memoryBytes: 2 ** 31,
      hostName: 'n1',
      random: () => 0.5,
      images: [IMAGE, 'web:2'],
    })
    this.kubelet = this.newKubelet()
  }

  static async create(): Promise<TestNode> {
    const clock = new ManualClock()
    const store = await KeyValueObjectStore.load(new MemoryKeyValueStore(), { logger: silentLogger })
    const registry = new Registry({ store, clock })
    await ensureNamespaces(registry)
    const node: NewObject<Node> = { metadata: { name: 'n1' }, spec: { podCIDR: '10.244.1.0/24' } }
    await registry.create(NodeKind, node)
    await registry.modifyStatus(NodeKind, { name: 'n1' }, draft => {
      draft.status = { ...draft.status, addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] }
    })
    return new TestNode(registry, clock)
  }

  /** @param engine stands in for the simulated one, to make it fail */
  newKubelet(engine: Engine = this.engine, more: Partial<KubeletOptions> = {}): Kubelet {
    const events: EventRecorder = {
      event: (about, type, reason, message) =>
        void this.events.push(`${about.metadata.name} ${type} ${reason} ${message}`),
    }
    const { clock, registry: client } = this
    const logger = silentLogger
    const podCidr = '10.244.1.0/24'
    const random = () => 0.5
    return new Kubelet({
      nodeName: 'n1',
      clusterId: CLUSTER,
      engine,
      client,
      events,
      clock,
      logger,
      podCidr,
      random,
      ...more,
    })
  }

  /** The kubelet goes, another one takes over. */
  async reconnect(): Promise<void> {
    await this.kubelet.stop()
    this.kubelet = this.newKubelet()
    await this.kubelet.start()
    await this.settle()
  }

  async createPod(name: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
    const containers = [{ name: 'web', image: IMAGE }]
    const pod: NewObject<Pod> = {
      metadata: { name, namespace: 'default' },
      spec: { nodeName: 'n1', containers, ...spec },
    }
    return this.registry.create(PodKind, pod)
  }

  pod(name: string): Pod {
    const pod = this.registry.get(PodKind, name, 'default')
    if (!pod) throw new Error(`there is no pod ${name}`)
    return pod
  }

  /** The state of each container in a few words: `web: running`, `web: waiting CrashLoopBackOff`. */
  states(name: string): string[] {
    const { initContainerStatuses = [], containerStatuses = [] } = this.pod(name).status ?? {}
    return [...initContainerStatuses, ...containerStatuses].map(({ name: container, state }) => {
      const [kind = 'none', detail] = Object.entries(state ?? {})[0] ?? []
      const reason = (detail as { reason?: string } | undefined)?.reason
      return `${container}: ${kind}${reason ? ` ${reason}` : ''}`
    })
  }

  async containers(): Promise<EngineContainer[]> {
    const listed = await this.engine.listContainers({ [LABEL.cluster]: CLUSTER })
    const all = await Promise.all(listed.map(({ id }) => this.engine.inspectContainer(id)))
    return all.flatMap(container => container ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async container(name = 'web'): Promise<EngineContainer> {
    const found = (await this.containers()).find(({ labels }) => labels[LABEL.container] === name)
    if (!found) throw new Error(`there is no container ${name}`)
    return found
  }

  /** Resolves when nothing has been written for a while and nothing is on its way. */
  async settle(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 25; quiet++) {
      if (this.registry.revision !== before) quiet = 0
      before = this.registry.revision
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** Lets the clock run on by `ms`, in steps of at most a second, settling before and after. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    for (let left = ms; left > 0; left -= 1000) {
      await this.clock.advance(Math.min(1000, left))
      await this.settle()
    }
  }
}
