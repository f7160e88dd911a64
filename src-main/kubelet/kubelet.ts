import type { Duplex, Readable } from 'node:stream'
import type { Client, WatchEvent } from '../api/client.ts'
import type { EventRecorder } from '../api/events.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { PodKind } from '../api/kinds/pod.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import type { ExecOptions, ExecSession, LogOptions } from '../api/pod-streams.ts'
import type { KubeObject, Pod } from '../api/types.ts'
import type { Engine } from '../engine/engine.ts'
import { sleep, type Clock } from '../lib/clock.ts'
import { Disposers } from '../lib/disposer.ts'
import type { Logger } from '../lib/logger.ts'
import { abortableEngine } from './abortable-engine.ts'
import { ContainerCache } from './container-cache.ts'
import { LABEL } from './container-labels.ts'
import type { ClusterDns } from './container-spec.ts'
import { ImageManager } from './image-manager.ts'
import { AddressPool } from './ipam.ts'
import { NodeMetrics } from './metrics.ts'
import { probeAddress, type NodeContext } from './node-context.ts'
import { ensurePauseImage } from './pause-image.ts'
import { attachToPod, execInPod } from './pod-commands.ts'
import type { PodDrain } from './pod-drain.ts'
import type { PodGuard } from './pod-guard.ts'
import { podLogs } from './pod-logs.ts'
import { ensurePodNetwork } from './pod-network.ts'
import { dialPod } from './pod-ports.ts'
import { PodWorker } from './pod-worker.ts'
import { HealthKeeper } from './probes/health-keeper.ts'
import { Semaphore } from './semaphore.ts'
import { TerminationLogs } from './termination-logs.ts'

export interface KubeletOptions {
  nodeName: string
  clusterId: string
  engine: Engine
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
  /** This node's part of the pod network, such as `10.244.3.0/24`. */
  podCidr: string
  /** Asked before a container is made. Absent or undefined: the pod asks the server's own DNS. */
  clusterDns?: () => Promise<ClusterDns | undefined>
  /** Tells when a leaving pod gets no more traffic; absent: there is none to wait for. */
  drain?: PodDrain
  /** Asked before a pod begins; absent: nothing bounds what it may talk to. */
  guard?: PodGuard
  /** From 0 to 1; spreads the probes over time. */
  random?: () => number
}

/** Everything is compared anew this often, in case an event was lost. */
const RESYNC_MS = 60_000
const EVENTS_RETRY_MS = 1_000
/** How long a stopping kubelet waits for what is under way. */
const STOP_MS = 2_000
/** Containers created and started at the same time: enough to keep a server busy, few enough to keep it answering. */
const STARTS_AT_ONCE = 16

/**
 * Makes one server's containers match the pods bound to it, while the server is connected. It keeps nothing that it
 * cannot read again from the engine and the API: a new one takes over what the last one left.
 */
export class Kubelet {
  readonly #options: KubeletOptions
  readonly #stopping = new AbortController()
  readonly #workers = new Map<string, PodWorker>()
  readonly #disposers = new Disposers()
  /** What this server's containers use, measured while somebody asks. */
  readonly metrics: NodeMetrics

  constructor(options: KubeletOptions) {
    this.#options = options
    this.metrics = new NodeMetrics({ ...options, signal: this.#stopping.signal })
  }

  /**
   * Adopts the containers that are there and begins to work.
   * @throws EngineError when the engine gives no answer, or `network-conflict`
   */
  async start(): Promise<void> {
    const { logger } = this.#options
    const node = await this.#prepare()
    await node.ensureNetwork()
    const events = node.engine.events(node.signal)
    await node.cache.reload({ all: true })
    void node.terminationLogs.prepare()
    this.#adoptAddresses(node)
    this.#watchObjects(node)
    this.#lookAtAll(node)
    this.#follow(node, events).catch((error: unknown) => {
      if (!node.signal.aborted) logger.error({ err: error }, 'the kubelet lost the events of its engine')
    })
    this.#removeLostVolumes(node).catch((error: unknown) => {
      if (!node.signal.aborted) logger.warn({ err: error }, 'could not remove volumes of pods that are gone')
    })
    this.#resyncLater(node)
  }

  /** Stops working; containers go on, also those held back for a while. What is under way ends at its next step. */
  async stop(): Promise<void> {
    const workers = [...this.#workers.values()]
    await this.#forAWhile(workers.map(worker => worker.release()))
    this.#stopping.abort()
    this.#disposers.disposeAll()
    await this.#forAWhile(workers.map(worker => worker.idle()))
  }

  /** Waits until all is done, however it ends, but not for long. */
  async #forAWhile(work: Promise<void>[]): Promise<void> {
    let cancel: () => void = () => undefined
    const patience = new Promise<void>(resolve => (cancel = this.#options.clock.after(STOP_MS, resolve)))
    await Promise.race([Promise.allSettled(work), patience])
    cancel()
  }

  /** A container's output. @throws StatusError that says why there is none */
  logs(pod: Pod, options: LogOptions): Promise<Readable> {
    const { engine, clusterId } = this.#options
    return podLogs({ engine, clusterId }, pod, options)
  }

  /** Runs a command in a container. @throws StatusError */
  exec(pod: Pod, options: ExecOptions): Promise<ExecSession> {
    return execInPod(this.#options, pod, options)
  }

  /** Joins a container's process. @throws StatusError */
  attach(pod: Pod, options: Omit<ExecOptions, 'command'>): Promise<ExecSession> {
    return attachToPod(this.#options, pod, options)
  }

  /** A connection to a pod's port. @throws StatusError */
  portForward(pod: Pod, port: number): Promise<Duplex> {
    return dialPod(this.#options.engine, pod, port)
  }

  async #prepare(): Promise<NodeContext> {
    const { clock, clusterId, events, logger, podCidr, random = Math.random } = this.#options
    const { signal } = this.#stopping
    const engine = abortableEngine(this.#options.engine, signal)
    const { cpus, memoryBytes } = await engine.info()
    const addresses = new AddressPool(podCidr)
    const health = new HealthKeeper({
      engine,
      clock,
      random,
      events,
      addressOf: pod => probeAddress(addresses, pod),
      onChange: uid => this.#workers.get(uid)?.healthChanged(),
    })
    this.#disposers.add(() => health.stop())
    const cache = new ContainerCache(engine, clusterId)
    const ensurePause = () => this.#ensurePauseImage(engine)
    return {
      ...this.#options,
      engine,
      signal,
      cache,
      terminationLogs: new TerminationLogs({
        engine,
        clusterId,
        cache,
        logger,
        random,
        ensurePauseImage: ensurePause,
      }),
      images: new ImageManager({ engine, events, clock }),
      addresses,
      health,
      server: { cpus, memoryBytes },
      starts: new Semaphore(STARTS_AT_ONCE),
      ensurePauseImage: ensurePause,
      ensureNetwork: () => ensurePodNetwork(engine, { podCidr, clusterId }),
    }
  }

  #pauseImage: Promise<void> | undefined

  /** Asked once, until images come or go. */
  #ensurePauseImage(engine: Engine): Promise<void> {
    this.#pauseImage ??= ensurePauseImage(engine).catch((error: unknown) => {
      this.#pauseImage = undefined
      throw error
    })
    return this.#pauseImage
  }

  /** What containers hold comes first; a pod whose containers are gone keeps its address if it can. */
  #adoptAddresses({ cache, addresses }: NodeContext): void {
    const pods = this.#pods()
    for (const uid of cache.podUids()) {
      for (const { labels } of cache.ofPod(uid)) addresses.adopt(uid, labels[LABEL.podIp] ?? '')
    }
    for (const { metadata, spec, status } of pods) {
      if (!spec.hostNetwork && status?.podIP) addresses.adopt(metadata.uid, status.podIP)
    }
  }

  #pods(): Pod[] {
    return this.#options.client.list(PodKind, { node: this.#options.nodeName })
  }

  #watchObjects(node: NodeContext): void {
    const { client } = this.#options
    this.#disposers.add(client.watch(PodKind, event => this.#podChanged(node, event)))
    const configChanged = ({ object }: WatchEvent<KubeObject>) => {
      for (const worker of this.#workers.values()) {
        if (worker.key.namespace === object.metadata.namespace) worker.configChanged()
      }
    }
    this.#disposers.add(client.watch(ConfigMapKind, configChanged))
    this.#disposers.add(client.watch(SecretKind, configChanged))
  }

  #podChanged(node: NodeContext, { type, object, previous }: WatchEvent<Pod>): void {
    if (object.spec.nodeName !== node.nodeName) return
    if (type === 'DELETED') this.#workerOf(node, object).deleted()
    else if (!previous || concernsContainers(object, previous)) this.#workerOf(node, object).trigger()
  }

  #workerOf(node: NodeContext, { metadata: { uid, name, namespace } }: Pick<Pod, 'metadata'>): PodWorker {
    let worker = this.#workers.get(uid)
    if (!worker) {
      const onGone = () => this.#workers.delete(uid)
      worker = new PodWorker(node, { uid, key: { name, namespace }, onGone })
      this.#workers.set(uid, worker)
    }
    return worker
  }

  /** Every pod of this node, and every pod that has containers here and should not. */
  #lookAtAll(node: NodeContext): void {
    for (const pod of this.#pods()) this.#workerOf(node, pod).trigger()
    for (const uid of node.cache.podUids()) this.#lookAt(node, uid)
  }

  #lookAt(node: NodeContext, uid: string): void {
    const labels = node.cache.ofPod(uid)[0]?.labels
    const known = this.#workers.get(uid)
    if (known) known.trigger()
    else if (labels) {
      const name = labels[LABEL.podName] ?? ''
      const namespace = labels[LABEL.podNamespace] ?? ''
      const onGone = () => this.#workers.delete(uid)
      const worker = new PodWorker(node, { uid, key: { name, namespace }, onGone })
      this.#workers.set(uid, worker)
      worker.trigger()
    }
  }

  /** Hands the engine's events to the workers. When the stream breaks, all is looked at again. */
  async #follow(node: NodeContext, first: ReturnType<Engine['events']>): Promise<void> {
    const { clock, logger } = this.#options
    for (let events = first; ;) {
      try {
        for await (const event of events) {
          if (event.type === 'image') this.#imagesChanged(node)
          else {
            const uid = node.cache.observe(event)
            if (uid) this.#lookAt(node, uid)
          }
        }
      } catch (error) {
        if (!node.signal.aborted) logger.warn({ err: error }, "the engine's events broke off")
      }
      await sleep(clock, EVENTS_RETRY_MS, node.signal).catch(() => undefined)
      if (node.signal.aborted) return
      events = node.engine.events(node.signal)
      await this.#resync(node, { all: true })
    }
  }

  #imagesChanged(node: NodeContext): void {
    node.images.forget()
    this.#pauseImage = undefined
  }

  async #resync(node: NodeContext, { all }: { all: boolean }): Promise<void> {
    try {
      for (const uid of await node.cache.reload({ all })) this.#lookAt(node, uid)
      this.#lookAtAll(node)
    } catch (error) {
      if (!node.signal.aborted) this.#options.logger.warn({ err: error }, 'could not list the containers')
    }
  }

  #resyncLater(node: NodeContext): void {
    const cancel = this.#options.clock.after(RESYNC_MS, () => {
      this.#resync(node, { all: false }).finally(() => {
        if (!node.signal.aborted) this.#resyncLater(node)
      })
    })
    this.#disposers.add(cancel)
  }

  /** Volumes of pods that are gone, left behind by a teardown that was cut short. */
  async #removeLostVolumes({ engine, clusterId, cache }: NodeContext): Promise<void> {
    const volumes = await engine.listVolumes({ [LABEL.cluster]: clusterId })
    const living = new Set([...this.#pods().map(({ metadata }) => metadata.uid), ...cache.podUids()])
    for (const { name, labels } of volumes) {
      const uid = labels[LABEL.podUid]
      if (uid && !living.has(uid)) await engine.removeVolume(name)
    }
  }
}

/** False for a change of the status alone, which is mostly our own. */
function concernsContainers(now: Pod, before: Pod): boolean {
  const relevant = (pod: Pod) => {
    const { labels, annotations, deletionTimestamp, uid } = pod.metadata
    return JSON.stringify([pod.spec, labels, annotations, deletionTimestamp, uid, gates(pod)])
  }
  return relevant(now) !== relevant(before)
}

/** What others have written that the pod's readiness hangs on. */
function gates({ spec, status }: Pod): unknown {
  return spec.readinessGates?.map(({ conditionType }) => {
    const gate = status?.conditions?.find(({ type }) => type === conditionType)
    return [gate?.status, gate?.lastTransitionTime]
  })
}
