import { NodeKind } from '../api/kinds/node.ts'
import { ServerKind } from '../api/kinds/server.ts'
import type { Server } from '../api/types.ts'
import { CLEAN_BY_HAND } from '../engine/clean-by-hand.ts'
import type { Engine } from '../engine/engine.ts'
import type { Dispose } from '../lib/disposer.ts'
import { sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { mayClean } from './claim.ts'
import { removeTraces } from './remove-traces.ts'
import { ServerProblem, type Connector, type ServerLink } from './link.ts'
import { ServerWorker, type ServerWorkerOptions } from './server-worker.ts'

export interface FleetOptions extends Omit<ServerWorkerOptions, 'connector' | 'peers'> {
  connectors: { ssh: Connector; local: Connector; simulated: Connector }
  /** Runs on a server that leaves, while its containers are still there. */
  beforeRemoval?(engine: Engine): Promise<void>
}

const RETRY_MS = 1_000
/** Between two tries of a removal that fails: doubles from the above to this. */
const LAST_RETRY_MS = 60_000
const CONNECT_MS = 15_000
/** A server that has been removed and cannot be reached is tried for so long: it may be booting. */
const REMOVAL_MS = 30_000

/** While it is on a Server, Coxswain's containers are still on that machine. */
export const SERVER_FINALIZER = 'coxswain.io/server'

/** Every Server of the cluster and its connection: one worker each, following the Server objects. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #workers = new Map<string, { worker: ServerWorker; generation: number; uid: string }>()
  #unwatch: Dispose = () => undefined
  #queue: Promise<void> = Promise.resolve()
  /** Servers that are being left, by name: they may take long, and hold up no other. */
  readonly #removals = new Map<string, Promise<void>>()
  /** Removals that failed and are to be tried again, by the Server's uid. */
  readonly #failedRemovals = new Map<string, { message: string; delayMs: number; cancel: Dispose }>()
  readonly #stopping = new AbortController()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  start(): void {
    const { client } = this.#options
    this.#unwatch = client.watch(ServerKind, ({ object, type, previous }) => {
      const changed = previous?.metadata.generation !== object.metadata.generation
      const leaving = object.metadata.deletionTimestamp !== undefined
      if (type !== 'MODIFIED' || changed || leaving || metadataDiffers(previous, object))
        this.#enqueue(object.metadata.name)
    })
    for (const server of client.list(ServerKind)) this.#enqueue(server.metadata.name)
  }

  /** Closes every connection; what runs on the servers goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#unwatch()
    await this.#queue
    await Promise.all(this.#removals.values())
    await Promise.all([...this.#workers.values()].map(({ worker }) => worker.stop()))
    this.#workers.clear()
  }

  /** The live link of a server, by name. */
  linkOf(name: string): ServerLink | undefined {
    return this.#workers.get(name)?.worker.link
  }

  engineOf(name: string): Engine | undefined {
    return this.linkOf(name)?.engine
  }

  #enqueue(name: string): void {
    this.#queue = this.#queue
      .then(() => (this.#stopping.signal.aborted ? undefined : this.#reconcile(name)))
      .catch((error: unknown) => this.#tryAgain(name, error))
  }

  #tryAgain(name: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    this.#options.logger.error({ server: name, err: error }, 'could not follow a Server object')
    this.#options.clock.after(RETRY_MS, () => this.#enqueue(name))
  }

  /** A removal failed: the Server says why, once for each reason, and it is tried again less and less often. */
  #removeLater(server: Server, error: unknown): void {
    if (this.#stopping.signal.aborted) return
    const { clock, events, logger } = this.#options
    const { name, uid } = server.metadata
    const before = this.#failedRemovals.get(uid)
    const message = errorMessage(error)
    logger.error({ server: name, err: error }, 'could not clean a server that was removed')
    if (message !== before?.message) {
      const words = `Its machine could not be cleaned: ${message}. End what stands in the way: it is tried again within ${LAST_RETRY_MS / 1000} s.`
      events.event(server, 'Warning', 'RemovalFailed', words)
    }
    before?.cancel()
    const delayMs = before ? Math.min(LAST_RETRY_MS, before.delayMs * 2) : RETRY_MS
    const cancel = clock.after(delayMs, () => this.#enqueue(name))
    this.#failedRemovals.set(uid, { message, delayMs, cancel })
  }

  async #reconcile(name: string): Promise<void> {
    const server = this.#options.client.get(ServerKind, name)
    const running = this.#workers.get(name)
    if (server?.metadata.deletionTimestamp) {
      if (this.#removals.has(name)) return
      const removal = this.#remove(server).then(
        () => void this.#failedRemovals.delete(server.metadata.uid),
        (error: unknown) => this.#removeLater(server, error),
      )
      this.#removals.set(
        name,
        removal.finally(() => this.#removals.delete(name)),
      )
      return
    }
    const same =
      server && running?.uid === server.metadata.uid && running.generation === server.metadata.generation
    if (!same && running) {
      this.#workers.delete(name)
      await running.worker.stop()
    }
    if (!server) return
    if (same) {
      await running?.worker.follow(server)
      return
    }
    if (!server.metadata.finalizers?.includes(SERVER_FINALIZER)) {
      await this.#options.client.modify(ServerKind, { name }, draft => {
        draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), SERVER_FINALIZER]
      })
    }
    const worker = new ServerWorker(name, () => this.#options.client.get(ServerKind, name), {
      ...this.#options,
      connector: this.#connectorFor(server),
      peers: () => this.#linksExcept(name),
    })
    this.#workers.set(name, { worker, generation: server.metadata.generation ?? 0, uid: server.metadata.uid })
    worker.start()
  }

  /**
   * A Server that leaves: its containers go first; one that stays out of reach is let go as it is. One that was never
   * connected has nothing of ours, so it is tried once.
   */
  async #remove(server: Server): Promise<void> {
    const { name } = server.metadata
    if (!server.metadata.finalizers?.includes(SERVER_FINALIZER)) return
    const running = this.#workers.get(name)
    this.#workers.delete(name)
    await running?.worker.stop()
    const wasConnected = this.#options.client.get(NodeKind, name) !== undefined
    const link = await this.#reach(server, wasConnected ? REMOVAL_MS : 0)
    if (typeof link === 'string') {
      const words = `Removed while it could not be reached (${link}). To clean it by hand, run there: ${CLEAN_BY_HAND}`
      if (wasConnected) this.#options.events.event(server, 'Warning', 'LeftBehind', words)
    } else {
      try {
        const { client, clusterId } = this.#options
        if (await mayClean(link.engine, { client, clusterId, server })) {
          await this.#options.beforeRemoval?.(link.engine)
          await removeTraces(link.engine, clusterId)
        }
      } finally {
        link.close()
      }
    }
    await this.#options.client.modify(ServerKind, { name }, draft => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter(item => item !== SERVER_FINALIZER)
    })
  }

  /**
   * A connection to a server that is to be cleaned. One that is away may only be booting, or its network may: it is
   * tried for so many milliseconds, unless only a person could help.
   * @returns why there is none
   */
  async #reach(server: Server, patienceMs: number): Promise<ServerLink | string> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    const until = clock.now() + patienceMs
    for (;;) {
      try {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)])
        return await this.#connectorFor(server).connect(server, patience)
      } catch (error) {
        signal.throwIfAborted()
        if (clock.now() >= until || (error instanceof ServerProblem && error.needsPerson))
          return errorMessage(error)
        await sleep(clock, RETRY_MS, signal)
      }
    }
  }

  #connectorFor(server: Server): Connector {
    const { ssh, local, simulated } = this.#options.connectors
    if (server.spec.simulated) return simulated
    return server.spec.local ? local : ssh
  }

  #linksExcept(name: string): Map<string, ServerLink> {
    const links = new Map<string, ServerLink>()
    for (const [other, { worker }] of this.#workers) {
      if (other !== name && worker.link) links.set(other, worker.link)
    }
    return links
  }
}

function metadataDiffers(a: Server | undefined, b: Server): boolean {
  const shown = (server: Server | undefined) =>
    JSON.stringify([server?.metadata.labels, server?.metadata.annotations])
  return shown(a) !== shown(b)
}
