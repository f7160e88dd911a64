import type { WatchEvent } from '../../api/client.ts'
import { NodeKind } from '../../api/kinds/node.ts'
import { PodKind } from '../../api/kinds/pod.ts'
import type { Node, Pod } from '../../api/types.ts'
import { equalJson } from '../../lib/json.ts'
import { hasClash } from '../cluster-ranges.ts'
import { conditionOf, withCondition } from '../runtime/conditions.ts'
import {
  changesOf,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from '../runtime/controller.ts'
import { isActive, isReady } from '../runtime/pods.ts'
import type { Outcome } from '../runtime/work-queue.ts'
import { blackoutMessage, type Outage, outageOf } from './blackout.ts'
import { evictionTime, isStateful } from './eviction.ts'
import { type Eviction, HEALTH_TAINTS, isSilent, readyStatus, wantedTaints } from './taints.ts'

export interface NodeLifecycleOptions extends ControllerOptions {
  /**
   * How long after the start and after a blackout no pod is driven away by a node's health: servers come back one
   * after the other. Default 15 s.
   */
  calmMs?: number
}

/**
 * Turns a node's Ready condition (and cordon) into taints, and lets NoExecute taints drive pods away.
 * Source: kubernetes pkg/controller/nodelifecycle and pkg/controller/tainteviction; its zones and eviction rates
 * become one rule here, the blackout.
 */
export function createNodeLifecycleController(options: NodeLifecycleOptions): Controller {
  const { client } = options
  const doubt = new Doubt(options)
  return createReconciler({
    ...options,
    name: 'node-lifecycle',
    sources: [
      changesOf(
        NodeKind,
        // How many are silent together concerns all that are not well.
        node => [
          node.metadata.name,
          ...client
            .list(NodeKind)
            .filter(isUnwell)
            .map(({ metadata }) => metadata.name),
        ],
        concernsHealth,
      ),
      changesOf(PodKind, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []), wasBound),
    ],
    objectOf: name => client.get(NodeKind, name),
    async reconcile(name) {
      const { outage, eviction, undecidedMs } = doubt.judge(client.list(NodeKind))
      const node = await taint(options, name, eviction)
      if (!node) return
      if (eviction === 'forbidden' && isSilent(node)) doubt.tell(node, outage)
      if (eviction === 'allowed' && isUnwell(node)) await markPodsNotReady(options, node)
      const nextMs = await evict(options, node, eviction)
      return earliest(nextMs, isUnwell(node) ? undecidedMs : undefined)
    },
  })
}

const isUnwell = (node: Node) => (readyStatus(node) ?? 'True') !== 'True'

function concernsHealth({ type, object, previous }: WatchEvent<Node>): boolean {
  if (type !== 'MODIFIED' || !previous) return true
  if (hasClash(object) !== hasClash(previous)) return true
  return readyStatus(object) !== readyStatus(previous) || !equalJson(object.spec, previous.spec)
}

function wasBound({ type, object, previous }: WatchEvent<Pod>): boolean {
  return type === 'ADDED' || (type === 'MODIFIED' && object.spec.nodeName !== previous?.spec.nodeName)
}

function earliest(...waits: (number | undefined)[]): Outcome {
  const known = waits.filter(ms => ms !== undefined)
  return known.length > 0 ? { againAfterMs: Math.max(0, Math.min(...known)) } : undefined
}

/**
 * Whether bad health can be believed: not during a blackout, and not for a while after one or after the start. This
 * is kept in memory only: a restart begins with the same doubt.
 */
class Doubt {
  readonly #options: NodeLifecycleOptions
  readonly #told = new Set<string>()
  #calmUntil: number
  #inBlackout = false

  constructor(options: NodeLifecycleOptions) {
    this.#options = options
    this.#calmUntil = options.clock.now() + this.#calmMs
  }

  get #calmMs(): number {
    return this.#options.calmMs ?? 15_000
  }

  judge(nodes: readonly Node[]): { outage: Outage; eviction: Eviction; undecidedMs?: number } {
    const now = this.#options.clock.now()
    const outage = outageOf(nodes)
    if (outage.isBlackout) {
      this.#inBlackout = true
      return { outage, eviction: 'forbidden' }
    }
    if (this.#inBlackout) {
      this.#inBlackout = false
      this.#told.clear()
      this.#calmUntil = now + this.#calmMs
    }
    return now < this.#calmUntil
      ? { outage, eviction: 'undecided', undecidedMs: this.#calmUntil - now }
      : { outage, eviction: 'allowed' }
  }

  /** Once a blackout on each silent node. */
  tell(node: Node, outage: Outage): void {
    if (this.#told.has(node.metadata.name)) return
    this.#told.add(node.metadata.name)
    this.#options.events.event(node, 'Warning', 'EvictionsHeld', blackoutMessage(outage))
  }
}

/** Brings the taints up to date. @returns the node as it then is; undefined when it is gone */
async function taint(
  { client, clock, events }: ControllerOptions,
  name: string,
  eviction: Eviction,
): Promise<Node | undefined> {
  const before = client.get(NodeKind, name)
  const after = await client.modify(NodeKind, { name }, draft => {
    const taints = wantedTaints(draft, eviction, clock.now())
    if (taints.length > 0) draft.spec.taints = taints
    else delete draft.spec.taints
  })
  if (!before || !after) return after
  const wasTainted = hasHealthTaint(before)
  if (hasHealthTaint(after) !== wasTainted) {
    const state = wasTainted ? 'NodeReady' : 'NodeNotReady'
    const type = wasTainted ? 'Normal' : 'Warning'
    const why = conditionOf(after.status?.conditions, 'Ready')?.message
    events.event(after, type, state, `Node ${name} status is now: ${state}${why ? `. ${why}` : ''}`)
  }
  return after
}

function hasHealthTaint({ spec }: Node): boolean {
  return spec.taints?.some(({ key }) => HEALTH_TAINTS.includes(key)) ?? false
}

/** Nobody knows whether the pods of such a node still answer: no more requests to them. Its kubelet corrects it. */
async function markPodsNotReady({ client, clock }: ControllerOptions, node: Node): Promise<void> {
  const pods = client.list(PodKind, { node: node.metadata.name }).filter(isReady)
  await Promise.all(
    pods.map(pod =>
      client.modifyStatus(PodKind, pod.metadata, draft => {
        if (draft.metadata.uid !== pod.metadata.uid || !isReady(draft)) return
        const message = `Node ${node.metadata.name} is ${isSilent(node) ? 'unreachable' : 'not ready'}.`
        const condition = { type: 'Ready', status: 'False', reason: 'NodeNotReady', message }
        const conditions = withCondition(draft.status?.conditions, condition, clock.now())
        draft.status = { ...draft.status, conditions }
      }),
    ),
  )
}

/**
 * Deletes the pods whose time on the node is up. On an unreachable node they stay Terminating until their kubelet
 * returns and confirms; their controllers replace them at once.
 * @returns in how many ms the next one's time is up
 */
async function evict(
  { client, clock, events }: ControllerOptions,
  node: Node,
  eviction: Eviction,
): Promise<number | undefined> {
  const taints = (node.spec.taints ?? []).filter(
    ({ key, effect }) => effect === 'NoExecute' && (eviction === 'allowed' || !HEALTH_TAINTS.includes(key)),
  )
  if (taints.length === 0) return undefined
  const now = clock.now()
  const due: Pod[] = []
  const waits: number[] = []
  for (const pod of client.list(PodKind, { node: node.metadata.name }).filter(isActive)) {
    const at = evictionTime(pod, taints)
    if (at === undefined) continue
    if (at <= now) due.push(pod)
    else waits.push(at - now)
  }
  await Promise.all(
    due.map(async pod => {
      const { name, namespace, uid } = pod.metadata
      const reason = taints.map(({ key }) => key).join(', ')
      const message = `Deleted from node ${node.metadata.name}, which is tainted ${reason}`
      events.event(pod, 'Normal', 'TaintManagerEviction', message)
      // A StatefulSet waits for the pod to be gone, and whoever allowed the failover has said that it may be.
      const force = isUnwell(node) && isStateful(pod) ? { gracePeriodSeconds: 0 } : {}
      await client.delete(PodKind, { name, namespace }, { preconditions: { uid }, ...force })
    }),
  )
  return waits.length > 0 ? Math.min(...waits) : undefined
}
