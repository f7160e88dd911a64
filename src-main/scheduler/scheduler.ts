import type { Client, WatchEvent } from '../api/client.ts'
import type { EventRecorder } from '../api/events.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { PodKind } from '../api/kinds/pod.ts'
import type { Node, Pod } from '../api/types.ts'
import { type Clock, formatTime } from '../lib/clock.ts'
import { Disposers } from '../lib/disposer.ts'
import { errorMessage } from '../lib/errors.ts'
import { equalJson } from '../lib/json.ts'
import type { Logger } from '../lib/logger.ts'
import { ClusterState } from './cluster-state.ts'
import { decide, type Plugins } from './framework.ts'
import { awaitsScheduling, podInfo } from './pod-info.ts'
import { defaultPlugins } from './plugins/index.ts'
import { SchedulingQueue } from './queue.ts'

/** Bindings being written at a time: enough to fill a group commit. */
const MAX_BINDINGS = 128
/** Decisions between two turns of the event loop. */
const BATCH = 16

export interface SchedulerOptions {
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
  /** Chooses among equal nodes: 0 ≤ x < 1. Default Math.random. */
  random?: () => number
  plugins?: Plugins
}

/**
 * Gives each pod that has no node the best one. Decisions are made one after the other on a state that counts each
 * at once; the bindings are written side by side. Nothing is kept but in the objects: a pod whose binding was not
 * written before the process died is simply decided again.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #plugins: Plugins
  readonly #random: () => number
  readonly #state = new ClusterState()
  readonly #queue: SchedulingQueue
  readonly #subscriptions = new Disposers()
  readonly #bindings = new Set<Promise<void>>()
  #running: Promise<void> | undefined
  #stopped = false
  #offset = 0

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#plugins = options.plugins ?? defaultPlugins
    this.#random = options.random ?? Math.random
    this.#queue = new SchedulingQueue(options.clock, () => this.#wake())
  }

  start(): void {
    const { client } = this.#options
    this.#subscriptions.add(client.watch(NodeKind, event => this.#onNode(event)))
    this.#subscriptions.add(client.watch(PodKind, event => this.#onPod(event)))
    for (const node of client.list(NodeKind)) this.#state.setNode(node)
    for (const pod of client.list(PodKind)) this.#follow(pod)
  }

  /** Resolves when the bindings under way are written. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#subscriptions.disposeAll()
    this.#queue.close()
    await this.#running
    await Promise.all(this.#bindings)
  }

  #onNode({ type, object, previous }: WatchEvent<Node>): void {
    if (type === 'DELETED') {
      this.#state.removeNode(object.metadata.name)
      return
    }
    this.#state.setNode(object)
    if (type === 'ADDED') this.#queue.happened('NodeAdded')
    else if (!previous || couldHelp(previous, object)) this.#queue.happened('NodeChanged')
  }

  #onPod({ type, object }: WatchEvent<Pod>): void {
    if (type !== 'DELETED') {
      this.#follow(object)
      return
    }
    this.#queue.remove(object.metadata.uid)
    if (this.#state.removePod(object.metadata.uid)) this.#queue.happened('PodRemoved')
  }

  #follow(pod: Pod): void {
    if (awaitsScheduling(pod)) {
      this.#queue.upsert(pod)
      return
    }
    this.#queue.remove(pod.metadata.uid)
    if (this.#state.setPod(pod)) this.#queue.happened('PodRemoved')
  }

  #wake(): void {
    if (!this.#stopped) this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Never inside the watch callback that woke us.
    await Promise.resolve()
    for (let decided = 1; ; decided++) {
      const pod = this.#stopped ? undefined : this.#queue.pop()
      if (!pod) {
        // In the same turn as the empty pop, so that no wake-up falls between.
        this.#running = undefined
        return
      }
      this.#schedule(pod)
      if (this.#bindings.size >= MAX_BINDINGS) await Promise.race(this.#bindings)
      else if (decided % BATCH === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }

  #schedule(pod: Pod): void {
    try {
      this.#decide(pod)
    } catch (error) {
      const { name, namespace, uid } = pod.metadata
      this.#options.logger.error({ pod: `${namespace}/${name}`, err: error }, 'no decision for a pod')
      this.#options.events.event(pod, 'Warning', 'FailedScheduling', errorMessage(error))
      this.#queue.failed(uid)
    }
  }

  #decide(pod: Pod): void {
    const info = podInfo(pod)
    const total = this.#state.nodes.length
    const { decision, examined } = decide(info, this.#state, {
      plugins: this.#plugins,
      offset: this.#offset,
      random: this.#random,
    })
    this.#offset = total === 0 ? 0 : (this.#offset + examined) % total
    if (decision.node) {
      this.#state.place(info, decision.node.name)
      this.#track(this.#bind(pod, decision.node.name))
    } else {
      this.#queue.unschedulable(pod.metadata.uid, decision.retryAfter)
      this.#track(this.#explain(pod, decision.message))
    }
  }

  #track(work: Promise<void>): void {
    this.#bindings.add(work)
    void work.finally(() => this.#bindings.delete(work))
  }

  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, events, logger } = this.#options
    const { name, namespace, uid } = pod.metadata
    try {
      const bound = await client.modify(PodKind, { name, namespace }, draft => {
        if (draft.metadata.uid === uid && awaitsScheduling(draft)) draft.spec.nodeName = nodeName
      })
      if (bound?.metadata.uid === uid && bound.spec.nodeName === nodeName) {
        events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`)
        if (isCalledUnschedulable(bound)) await this.#retract(bound)
        return
      }
      // It was deleted, or somebody else has bound it: the watch has said so, or says so next.
      this.#forget(uid, bound)
    } catch (error) {
      logger.warn({ pod: `${namespace}/${name}`, node: nodeName, err: error }, 'binding failed')
      events.event(
        pod,
        'Warning',
        'FailedScheduling',
        `Binding to ${nodeName} failed: ${errorMessage(error)}`,
      )
      this.#forget(uid, client.get(PodKind, name, namespace))
      this.#queue.failed(uid)
    }
  }

  /** The kubelet's first status says that the pod is scheduled; only one that was said not to be is corrected here. */
  async #retract(pod: Pod): Promise<void> {
    const { client, clock } = this.#options
    await client.modifyStatus(PodKind, pod.metadata, draft => {
      if (draft.metadata.uid !== pod.metadata.uid || !isCalledUnschedulable(draft)) return
      const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(clock.now()) }
      draft.status = { ...draft.status, conditions: [...conditionsBut('PodScheduled', draft), condition] }
    })
  }

  /** Undoes the assumption that the pod is on a node, unless it is on one after all. */
  #forget(uid: string, stored: Pod | undefined): void {
    if (this.#state.removePod(uid)) this.#queue.happened('PodRemoved')
    if (stored?.metadata.uid === uid) this.#follow(stored)
  }

  async #explain(pod: Pod, message: string): Promise<void> {
    const { client, clock, events, logger } = this.#options
    const { name, namespace, uid } = pod.metadata
    events.event(pod, 'Warning', 'FailedScheduling', message)
    try {
      await client.modifyStatus(PodKind, { name, namespace }, draft => {
        if (draft.metadata.uid === uid && awaitsScheduling(draft))
          setUnschedulable(draft, message, clock.now())
      })
    } catch (error) {
      logger.warn({ pod: `${namespace}/${name}`, err: error }, 'could not write why a pod has no node')
    }
  }
}

function setUnschedulable(draft: Pod, message: string, nowMs: number): void {
  const old = draft.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : formatTime(nowMs),
  }
  draft.status = { ...draft.status, conditions: [...conditionsBut('PodScheduled', draft), condition] }
}

function conditionsBut(type: string, { status }: Pod) {
  return (status?.conditions ?? []).filter(condition => condition.type !== type)
}

function isCalledUnschedulable({ status }: Pod): boolean {
  return (
    status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False') ?? false
  )
}

/** Whether a change of a node can make a pod fit that did not: not a heartbeat, not a list of images. */
function couldHelp(before: Node, after: Node): boolean {
  return !(
    equalJson(before.spec, after.spec) &&
    equalJson(before.metadata.labels, after.metadata.labels) &&
    equalJson(before.status?.allocatable, after.status?.allocatable)
  )
}
