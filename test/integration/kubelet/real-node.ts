import type { EventRecorder } from '../../../src-main/api/events.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ensureNamespaces } from '../../../src-main/api/namespaces.ts'
import { Registry } from '../../../src-main/api/registry.ts'
import type { NewObject, Node, Pod, PodSpec } from '../../../src-main/api/types.ts'
import { createLocalEngine } from '../../../src-main/engine/docker/docker-engine.ts'
import type { Engine, EngineContainer } from '../../../src-main/engine/engine.ts'
import { LABEL } from '../../../src-main/kubelet/container-labels.ts'
import { Kubelet, type KubeletOptions } from '../../../src-main/kubelet/kubelet.ts'
import { systemClock } from '../../../src-main/lib/clock.ts'
import { silentLogger } from '../../../src-main/lib/logger.ts'
import { MemoryKeyValueStore } from '../../../src-main/store/memory.ts'
import { KeyValueObjectStore } from '../../../src-main/store/objects.ts'
import { lab, waitFor } from '../lab.ts'

const CLUSTER = 'kubelet-test'
const SERVER = 1

/** The first lab server under a kubelet, with the real API over a store in memory. */
export class RealNode {
  readonly events: string[] = []
  readonly registry: Registry
  readonly engine: Engine
  kubelet: Kubelet

  private constructor(registry: Registry, engine: Engine | undefined) {
    this.registry = registry
    const socketPath = `${lab.env.dir}/n${SERVER}/shared/docker.sock`
    this.engine = engine ?? createLocalEngine({ socketPath, logger: silentLogger })
    this.kubelet = this.#newKubelet()
  }

  /** @param engine absent: the server's Docker by its socket, which cannot dial pods' addresses */
  static async create(engine?: Engine): Promise<RealNode> {
    const store = await KeyValueObjectStore.load(new MemoryKeyValueStore(), { logger: silentLogger })
    const registry = new Registry({ store, clock: systemClock })
    await ensureNamespaces(registry)
    const node: NewObject<Node> = { metadata: { name: 'n1' }, spec: { podCIDR: '10.244.1.0/24' } }
    await registry.create(NodeKind, node)
    await registry.modifyStatus(NodeKind, { name: 'n1' }, draft => {
      const addresses = [{ type: 'InternalIP', address: lab.env.host(SERVER) }]
      draft.status = { ...draft.status, addresses }
    })
    return new RealNode(registry, engine)
  }

  #newKubelet(more: Partial<KubeletOptions> = {}): Kubelet {
    const events: EventRecorder = {
      event: (about, type, reason, message) =>
        void this.events.push(`${about.metadata.name} ${type} ${reason} ${message}`),
    }
    return new Kubelet({
      nodeName: 'n1',
      clusterId: CLUSTER,
      engine: this.engine,
      client: this.registry,
      events,
      clock: systemClock,
      logger: silentLogger,
      podCidr: '10.244.1.0/24',
      ...more,
    })
  }

  async startNewKubelet(more: Partial<KubeletOptions> = {}): Promise<void> {
    this.kubelet = this.#newKubelet(more)
    await this.kubelet.start()
  }

  createPod(name: string, spec: PodSpec): Promise<Pod> {
    const pod: NewObject<Pod> = {
      metadata: { name, namespace: 'default' },
      spec: { nodeName: 'n1', ...spec },
    }
    return this.registry.create(PodKind, pod)
  }

  /** A pod of the lab's base image that runs a shell script. */
  createShell(name: string, script: string, more: Partial<PodSpec> = {}): Promise<Pod> {
    const containers = [{ name: 'sh', image: lab.env.base, command: ['sh', '-c', script] }]
    return this.createPod(name, { terminationGracePeriodSeconds: 1, containers, ...more })
  }

  pod(name: string): Pod {
    const pod = this.registry.get(PodKind, name, 'default')
    if (!pod) throw new Error(`there is no pod ${name}`)
    return pod
  }

  phaseBecomes(name: string, phase: string, timeoutMs?: number): Promise<unknown> {
    return waitFor(`${name} ${phase}`, () => this.pod(name).status?.phase === phase, timeoutMs)
  }

  /** `running`, `waiting CrashLoopBackOff` … of a pod's container. */
  state(name: string, container?: string): string {
    const statuses = this.pod(name).status?.containerStatuses ?? []
    const status = statuses.find(candidate => candidate.name === (container ?? statuses[0]?.name))
    const [kind = 'none', detail] = Object.entries(status?.state ?? {})[0] ?? []
    return [kind, (detail as { reason?: string } | undefined)?.reason].filter(Boolean).join(' ')
  }

  stateBecomes(name: string, state: string, container?: string): Promise<unknown> {
    return waitFor(`${name} ${state}`, () => this.state(name, container) === state)
  }

  async remove(name: string): Promise<void> {
    await this.registry.delete(PodKind, { name, namespace: 'default' })
    await waitFor(`${name} gone`, () => !this.registry.get(PodKind, name, 'default'))
  }

  containersOf(name: string): Promise<EngineContainer[]> {
    return this.engine.listContainers({ [LABEL.cluster]: CLUSTER, [LABEL.podName]: name })
  }

  /** What is left on the server of all pods: containers and volumes. */
  async leftovers(): Promise<string[]> {
    const labels = { [LABEL.cluster]: CLUSTER }
    const [containers, volumes] = [
      await this.engine.listContainers(labels),
      await this.engine.listVolumes(labels),
    ]
    return [...containers, ...volumes].flatMap(({ name, labels }) => (labels[LABEL.podUid] ? [name] : []))
  }

  /** The output of a command in a pod's container. */
  async run(name: string, command: string[], container?: string): Promise<string> {
    const all = await this.containersOf(name)
    const id = all.find(({ labels }) => labels[LABEL.container] === (container ?? 'sh'))?.id ?? ''
    const session = await this.engine.exec(id, { command })
    const chunks: Buffer[] = []
    for await (const chunk of session.stdout) chunks.push(chunk as Buffer)
    await session.exitCode()
    return Buffer.concat(chunks).toString()
  }

  async logs(name: string, options: { previous?: boolean; tailLines?: number } = {}): Promise<string> {
    const stream = await this.kubelet.logs(this.pod(name), {
      container: 'sh',
      follow: false,
      previous: false,
      timestamps: false,
      ...options,
    })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
}
