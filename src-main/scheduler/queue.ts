import type { Pod } from '../api/types.ts'
import type { Clock } from '../lib/clock.ts'
import { equalJson } from '../lib/json.ts'
import type { ClusterEvent } from './framework.ts'
import { Heap } from './heap.ts'

const FIRST_BACK_OFF_MS = 1_000
const LAST_BACK_OFF_MS = 10_000
/** A pod that nothing helped is tried again all the same, should a change have been missed. */
const FLUSH_MS = 5 * 60_000

interface Entry {
  key: string
  pod: Pod
  /** Order of arrival: first come, first served within a priority. */
  order: number
  attempts: number
  state: 'active' | 'backing-off' | 'unschedulable' | 'in-flight'
  /** End of the back-off, in ms since the epoch. */
  notBefore: number
  retryAfter: ReadonlySet<ClusterEvent>
  cancelTimer?: () => void
}

/**
 * Pods that wait for a node: by priority, then by age. A pod that did not fit waits until something happens that its
 * filters care about (or 5 minutes), and at least its back-off of 1 s, doubling to 10 s.
 * Source: kubernetes pkg/scheduler/internal/queue/scheduling_queue.go.
 */
export class SchedulingQueue {
  readonly #clock: Clock
  readonly #onActive: () => void
  readonly #entries = new Map<string, Entry>()
  readonly #active = new Heap<Entry>(
    (a, b) => priorityOf(a) > priorityOf(b) || (priorityOf(a) === priorityOf(b) && a.order < b.order),
  )
  #order = 0

  /** @param onActive called, synchronously, when there may be something to pop */
  constructor(clock: Clock, onActive: () => void) {
    this.#clock = clock
    this.#onActive = onActive
  }

  /** A pod that waits was seen: new, or changed. Only a change of its spec or labels is worth another try. */
  upsert(pod: Pod): void {
    const key = pod.metadata.uid
    const entry = this.#entries.get(key)
    if (!entry) {
      this.#activate(this.#newEntry(pod))
      return
    }
    const changed =
      !equalJson(entry.pod.spec, pod.spec) || !equalJson(entry.pod.metadata.labels, pod.metadata.labels)
    entry.pod = pod
    if (changed && entry.state === 'unschedulable') this.#wake(entry)
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid)
    entry?.cancelTimer?.()
    this.#entries.delete(uid)
  }

  /** The next pod; it is in flight until `remove`, `unschedulable` or `failed` is called for it. */
  pop(): Pod | undefined {
    for (let entry = this.#active.pop(); entry; entry = this.#active.pop()) {
      // Removed ones stay in the heap until they come up.
      if (this.#entries.get(entry.key) !== entry || entry.state !== 'active') continue
      entry.state = 'in-flight'
      entry.attempts++
      return entry.pod
    }
    return undefined
  }

  /** The pod fits nowhere; it waits for one of these events. */
  unschedulable(uid: string, retryAfter: ReadonlySet<ClusterEvent>): void {
    const entry = this.#entries.get(uid)
    if (!entry) return
    entry.state = 'unschedulable'
    entry.retryAfter = retryAfter
    entry.notBefore = this.#clock.now() + backOffMs(entry.attempts)
    this.#setTimer(entry, FLUSH_MS, () => this.#wake(entry))
  }

  /** Something else went wrong: try again after the back-off. */
  failed(uid: string): void {
    const entry = this.#entries.get(uid)
    if (!entry) return
    entry.notBefore = this.#clock.now() + backOffMs(entry.attempts)
    this.#wake(entry)
  }

  /** Something happened that may help. */
  happened(event: ClusterEvent): void {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'unschedulable' && entry.retryAfter.has(event)) this.#wake(entry)
    }
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.cancelTimer?.()
    this.#entries.clear()
  }

  #newEntry(pod: Pod): Entry {
    const entry: Entry = {
      key: pod.metadata.uid,
      pod,
      order: this.#order++,
      attempts: 0,
      state: 'unschedulable',
      notBefore: 0,
      retryAfter: new Set(),
    }
    this.#entries.set(entry.key, entry)
    return entry
  }

  #wake(entry: Entry): void {
    const waitMs = entry.notBefore - this.#clock.now()
    if (waitMs <= 0) {
      this.#activate(entry)
      return
    }
    entry.state = 'backing-off'
    this.#setTimer(entry, waitMs, () => this.#activate(entry))
  }

  #activate(entry: Entry): void {
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    entry.state = 'active'
    this.#active.push(entry)
    this.#onActive()
  }

  #setTimer(entry: Entry, ms: number, callback: () => void): void {
    entry.cancelTimer?.()
    entry.cancelTimer = this.#clock.after(ms, callback)
  }
}

const priorityOf = ({ pod }: Entry) => pod.spec.priority ?? 0

function backOffMs(attempts: number): number {
  return Math.min(LAST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (attempts - 1))
}
