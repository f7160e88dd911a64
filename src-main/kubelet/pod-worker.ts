import type { ObjectKey } from '../api/client.ts'
import { PodKind } from '../api/kinds/pod.ts'
import type { Pod } from '../api/types.ts'
import { errorMessage } from '../lib/errors.ts'
import { chooseContainers } from './identity.ts'
import type { NodeContext } from './node-context.ts'
import { noteExits, reportPod } from './pod-reporter.ts'
import { PodState } from './pod-state.ts'
import { syncPod } from './pod-sync.ts'
import { hasten, tearDown } from './pod-teardown.ts'
import { deadlineOf, hasEnded } from './restart-rules.ts'

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** A start that takes longer than this (a pull) shows in the status meanwhile; one that does not saves a write. */
const SLOW_START_MS = 700

/**
 * Keeps one pod's containers as its object says. One round at a time; a call during a round makes one more follow.
 * Each round reads everything again.
 */
export class PodWorker {
  readonly uid: string
  readonly key: ObjectKey
  readonly #node: NodeContext
  readonly #state: PodState
  readonly #onGone: () => void
  #wanted = false
  #running: Promise<void> | undefined
  #cancelTimer: () => void = () => undefined
  #failures = 0
  /** The deletionTimestamp that the pod is being ended by; undefined while it is not. */
  #leavingBy: string | undefined

  /** @param onGone called when nothing is left of the pod, neither object nor containers */
  constructor(node: NodeContext, { uid, key, onGone }: { uid: string; key: ObjectKey; onGone: () => void }) {
    this.#node = node
    this.uid = uid
    this.key = key
    this.#onGone = onGone
    this.#state = new PodState(node.clock)
  }

  /** The pod's object, if it is still this one and bound to this node. */
  get pod(): Pod | undefined {
    const pod = this.#node.client.get(PodKind, this.key.name, this.key.namespace)
    return pod?.metadata.uid === this.uid && pod.spec.nodeName === this.#node.nodeName ? pod : undefined
  }

  trigger(): void {
    this.#wanted = true
    if (this.#node.signal.aborted) return
    if (this.#leavingBy !== undefined) this.#hasten(this.#leavingBy)
    this.#running ??= this.#run()
  }

  /** A leaving pod that is deleted again may have less time than it had. */
  #hasten(leavingBy: string): void {
    const { pod } = this
    const { deletionTimestamp = '' } = pod?.metadata ?? {}
    if (!pod || !deletionTimestamp || deletionTimestamp >= leavingBy) return
    this.#leavingBy = deletionTimestamp
    hasten(this.#node, pod, this.#state).catch((error: unknown) => {
      this.#node.logger.warn({ pod: this.key, err: error }, 'could not shorten the grace of a leaving pod')
    })
  }

  /** A ConfigMap or Secret of the pod's namespace changed. */
  configChanged(): void {
    this.#state.forgetConfigProblems()
    this.trigger()
  }

  /** A probe has changed its mind. A pod that leaves is only told about: its containers are being ended already. */
  healthChanged(): void {
    const { pod } = this
    if (this.#leavingBy === undefined || !pod) return this.trigger()
    reportPod(this.#node, pod, this.#state).catch((error: unknown) => {
      this.#node.logger.warn({ pod: this.key, err: error }, 'could not write the status of a leaving pod')
    })
  }

  /** The object is gone. What still waits out its grace is ended at once: it was deleted by force. */
  deleted(): void {
    if (this.#leavingBy !== undefined || this.#state.ending) {
      for (const { id, name } of this.#node.cache.ofPod(this.uid)) {
        this.#node.engine.removeContainer(id).catch((error: unknown) => {
          this.#node.logger.warn({ container: name, err: error }, 'could not remove a container at once')
        })
      }
    }
    this.trigger()
  }

  /**
   * The kubelet goes: a container that it has ended for its health, and holds back for a while, must not stay down until
   * the next one comes.
   */
  async release(): Promise<void> {
    const { pod } = this
    if (!pod || pod.metadata.deletionTimestamp || pod.spec.restartPolicy === 'Never') return
    const { byName } = chooseContainers(pod, this.#node.cache.ofPod(this.uid))
    const held = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap(spec => {
      const container = byName.get(spec.name)
      const killed = container && hasEnded(container) && this.#node.health.of(pod, spec, container).kill
      return killed ? [container] : []
    })
    await Promise.all(held.map(({ id }) => this.#node.engine.startContainer(id)))
  }

  /** Resolves when no round is under way. No further one begins after the node's signal is aborted. */
  async idle(): Promise<void> {
    this.#cancelTimer()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#node.signal.aborted) {
      this.#wanted = false
      this.#cancelTimer()
      try {
        const wakeAt = await this.#round()
        this.#failures = 0
        if (wakeAt !== undefined) this.#wakeIn(Math.max(0, wakeAt - this.#node.clock.now()))
      } catch (error) {
        this.#failed(error)
      }
    }
    // in the same step as the last look at #wanted, so that no call falls in between
    this.#running = undefined
  }

  #failed(error: unknown): void {
    if (this.#node.signal.aborted) return
    this.#state.doubtful = true
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
    this.#node.logger.warn(
      { pod: this.key, err: error, delay },
      `pod not in order yet: ${errorMessage(error)}`,
    )
    this.#wakeIn(delay)
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#node.clock.after(ms, () => this.trigger())
  }

  async #round(): Promise<number | undefined> {
    const { pod } = this
    if (!pod || pod.metadata.deletionTimestamp) {
      this.#leavingBy = pod?.metadata.deletionTimestamp ?? ''
      await tearDown(this.#node, this.uid, { pod, state: this.#state }).finally(() => {
        this.#leavingBy = undefined
      })
      if (!this.pod) {
        this.#node.health.forget(this.uid)
        this.#onGone()
      }
      return undefined
    }
    const report = (at: Pod) => reportPod(this.#node, at, this.#state)
    let slow: Promise<void> | undefined
    const cancel = this.#node.clock.after(SLOW_START_MS, () => {
      slow = report(pod).catch((error: unknown) => {
        this.#node.logger.warn({ pod: this.key, err: error }, 'could not write the status of a pod')
      })
    })
    try {
      const wakeAt = await syncPod(this.#node, pod, this.#state)
      cancel()
      await slow
      await noteExits(this.#node, pod, this.#state)
      await report(this.pod ?? pod)
      const deadline = deadlineOf(this.pod ?? pod) // known once the report has written the start time
      return deadline !== undefined && deadline > this.#node.clock.now()
        ? Math.min(deadline, wakeAt ?? deadline)
        : wakeAt
    } finally {
      cancel()
    }
  }
}
