import type { Engine, EngineContainer, EngineEvent } from '../engine/engine.ts'
import type { LastExit } from './container-status.ts'
import { LABEL } from './container-labels.ts'

type ContainerEvent = Extract<EngineEvent, { type: 'container' }>

/** Inspections at a time, so that a list of hundreds leaves room for others' requests. */
const INSPECT_AT_ONCE = 16

/**
 * The node's containers as last seen. Events only mark what must be looked at again; the truth is always an inspection.
 * So a quiet pod costs the engine nothing, and a pod's start one inspection.
 */
export class ContainerCache {
  readonly #engine: Engine
  readonly #clusterId: string
  readonly #byId = new Map<string, EngineContainer>()
  readonly #stale = new Set<string>()
  /** Being started by us: the `start` event will tell nothing that the inspection afterwards does not. */
  readonly #starting = new Set<string>()
  readonly #lastExits = new Map<string, LastExit>()
  readonly #outOfMemory = new Set<string>()
  /** Pods (by uid) of which a container was started that is not known here: by a kubelet before, or by a person. */
  readonly #unlisted = new Set<string>()
  /** Containers (by id) that have all the files that are copied into them. Not known of those of a kubelet before. */
  readonly #filled = new Set<string>()

  constructor(engine: Engine, clusterId: string) {
    this.#engine = engine
    this.#clusterId = clusterId
  }

  /** The uids of all pods that have containers here. */
  podUids(): Set<string> {
    return new Set([...this.#byId.values()].map(podUidOf))
  }

  ofPod(uid: string): EngineContainer[] {
    return [...this.#byId.values()].filter(container => podUidOf(container) === uid)
  }

  lastExit(id: string): LastExit | undefined {
    return this.#lastExits.get(id)
  }

  setExitMessage(id: string, message: string): void {
    const exit = this.#lastExits.get(id)
    if (exit) this.#lastExits.set(id, { ...exit, message })
  }

  isFilled(id: string): boolean {
    return this.#filled.has(id)
  }

  /** All that is to be copied into the container is there. */
  setFilled(id: string): void {
    this.#filled.add(id)
  }

  /**
   * Lists, and inspects what is new, looks different, or all of it.
   * @returns uids of the pods of which something changed
   */
  async reload({ all }: { all: boolean }): Promise<Set<string>> {
    const listed = (await this.#engine.listContainers({ [LABEL.cluster]: this.#clusterId })).filter(podUidOf)
    const changed = new Set<string>()
    const ids = new Set(listed.map(({ id }) => id))
    for (const [id, container] of this.#byId) {
      if (ids.has(id)) continue
      changed.add(podUidOf(container))
      this.#drop(id)
    }
    const doubtful = listed.filter(({ id, state }) => all || this.#byId.get(id)?.state !== state)
    for (let start = 0; start < doubtful.length; start += INSPECT_AT_ONCE) {
      await Promise.all(doubtful.slice(start, start + INSPECT_AT_ONCE).map(({ id }) => this.inspect(id)))
    }
    for (const container of doubtful) changed.add(podUidOf(container))
    return changed
  }

  /** Looks again at what events have marked, for one pod. */
  async refresh(uid: string): Promise<EngineContainer[]> {
    if (this.#unlisted.has(uid)) return this.relistPod(uid)
    const stale = this.ofPod(uid).filter(({ id }) => this.#stale.has(id))
    await Promise.all(stale.map(({ id }) => this.inspect(id)))
    return this.ofPod(uid)
  }

  /** Lists one pod's containers afresh. */
  async relistPod(uid: string): Promise<EngineContainer[]> {
    const listed = await this.#engine.listContainers({
      [LABEL.cluster]: this.#clusterId,
      [LABEL.podUid]: uid,
    })
    this.#unlisted.delete(uid)
    const ids = new Set(listed.map(({ id }) => id))
    for (const { id } of this.ofPod(uid)) if (!ids.has(id)) this.#drop(id)
    await Promise.all(listed.map(({ id }) => this.inspect(id)))
    return this.ofPod(uid)
  }

  async inspect(id: string): Promise<EngineContainer | undefined> {
    this.#stale.delete(id)
    try {
      const container = await this.#engine.inspectContainer(id)
      if (container) this.#put(container)
      else this.#drop(id)
      return container
    } catch (error) {
      this.#stale.add(id)
      throw error
    }
  }

  /** Starts a container and looks at it once. */
  async start(id: string): Promise<void> {
    this.#starting.add(id)
    try {
      await this.#engine.startContainer(id)
    } finally {
      await this.inspect(id).finally(() => this.#starting.delete(id))
    }
  }

  async remove(id: string): Promise<void> {
    await this.#engine.removeContainer(id)
    this.#drop(id)
  }

  /** @returns uid of the pod that must be looked at, if the event changes anything */
  observe(event: ContainerEvent): string | undefined {
    const { id, action } = event
    const known = this.#byId.get(id)
    if (!known) return this.#observeUnknown(event)
    if (action === 'oom') this.#outOfMemory.add(id)
    if (action === 'die') this.#noteExit(known, event)
    const news =
      action === 'start'
        ? !this.#starting.has(id) && (known.state !== 'running' || this.#stale.has(id))
        : ['die', 'destroy', 'pause', 'unpause', 'restart'].includes(action)
    if (!news) return undefined
    if (action === 'destroy') this.#drop(id)
    else this.#stale.add(id)
    return podUidOf(known)
  }

  #observeUnknown({ id, action, labels }: ContainerEvent): string | undefined {
    const uid = labels[LABEL.podUid]
    if (uid === undefined || labels[LABEL.cluster] !== this.#clusterId) return undefined
    if (this.#starting.has(id)) {
      // ended while the inspection that follows our start was on its way
      if (action !== 'die') return undefined
      this.#stale.add(id)
      return uid
    }
    if (action !== 'start') return undefined
    this.#unlisted.add(uid)
    return uid
  }

  #noteExit(known: EngineContainer, { id, exitCode = 0, at }: ContainerEvent): void {
    // the stream begins a little in the past: an end that the inspection has shown is no news
    if ((this.#lastExits.get(id)?.finishedAt ?? 0) >= at) return
    this.#lastExits.set(id, {
      exitCode,
      oomKilled: this.#outOfMemory.delete(id),
      startedAt: known.startedAt,
      finishedAt: at,
    })
  }

  #put(container: EngineContainer): void {
    const { id, state, finishedAt, startedAt, exitCode } = container
    this.#byId.set(id, container)
    if (finishedAt === undefined || state === 'running' || state === 'paused') return
    const noted = this.#lastExits.get(id)
    const sameRun = noted !== undefined && noted.startedAt === startedAt
    this.#lastExits.set(id, {
      exitCode,
      oomKilled: container.oomKilled || (sameRun && noted.oomKilled),
      startedAt,
      finishedAt,
      ...(sameRun && noted.message ? { message: noted.message } : {}),
    })
  }

  #drop(id: string): void {
    this.#byId.delete(id)
    this.#stale.delete(id)
    this.#lastExits.delete(id)
    this.#outOfMemory.delete(id)
    this.#filled.delete(id)
  }
}

function podUidOf({ labels }: EngineContainer): string {
  return labels[LABEL.podUid] ?? ''
}
