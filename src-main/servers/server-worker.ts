import type { Client } from '../api/client.ts'
import { NodeKind } from '../api/kinds/node.ts'
import type { Node, Server } from '../api/types.ts'
import type { Engine } from '../engine/engine.ts'
import { sleep, type Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { claimServer } from './claim.ts'
import { keepHeartbeat, SILENCE_MS } from './heartbeat.ts'
import { ServerProblem, type Connector, type ServerLink } from './link.ts'
import { secondOpinion, type Opinion } from './second-opinion.ts'
import type { ReadyCondition } from './node-object.ts'
import { ServerStatusWriter, type StatusWriterOptions } from './server-status.ts'

/** What runs on a connected server: the kubelet. `stop` leaves the containers running. */
export interface NodeAgent {
  stop(): Promise<void>
}

export interface ServerWorkerOptions extends StatusWriterOptions {
  client: Client
  clock: Clock
  logger: Logger
  clusterId: string
  connector: Connector
  /** The live links of the other servers, to be asked about this one. */
  peers(): ReadonlyMap<string, ServerLink>
  startAgent(node: Node, engine: Engine): Promise<NodeAgent>
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 10_000
/** After a failure that only a person can mend. */
const PERSON_RETRY_MS = 60_000
const OPINION_TIMEOUT_MS = 2_500
/** A Docker that is being restarted (an upgrade) is given this long before its pods count as lost. */
const ENGINE_GRACE_MS = 30_000

/** Keeps one Server connected, and its Node's Ready condition true to what is known. */
export class ServerWorker {
  readonly #server: () => Server | undefined
  readonly #name: string
  readonly #options: ServerWorkerOptions
  readonly #status: ServerStatusWriter
  readonly #stopping = new AbortController()
  #link: ServerLink | undefined
  /** As the last connection knew it: other servers cannot read this computer's ~/.ssh/config. */
  #doorbell: ServerLink['doorbell']
  #lastHeard: number
  /** Of its Node that was deleted: its pods keep their addresses. */
  #podCidr: string | undefined
  #lastProblem: ServerProblem | undefined
  /** What its Node was judged not ready for, while the server itself still answered. */
  #brokenPart: ServerProblem | undefined
  #cancelJudgement: () => void = () => undefined
  /** Whether the Node's Ready condition may hold a judgement, which the next answer of the server overrules. */
  #judged = false
  #running: Promise<void> = Promise.resolve()

  constructor(name: string, server: () => Server | undefined, options: ServerWorkerOptions) {
    this.#name = name
    this.#server = server
    this.#options = options
    this.#status = new ServerStatusWriter(name, options)
    this.#lastHeard = options.clock.now()
  }

  /** The link while the server is connected and ours. */
  get link(): ServerLink | undefined {
    return this.#link
  }

  start(): void {
    this.#armJudgement(SILENCE_MS)
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted)
        this.#options.logger.error({ server: this.#name, err: error }, 'server worker ended')
    })
  }

  /** The Server's labels or annotations changed, which needs no new connection. */
  async follow(server: Server): Promise<void> {
    await this.#status.follow(server)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancelJudgement()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let attempt = 0; !signal.aborted;) {
      const server = this.#stayingServer()
      if (!server) return
      const connectedAt = this.#options.clock.now()
      const problem = await this.#serve(server).then(
        why => new ServerProblem('Connected', 'Unreachable', why),
        (error: unknown) => asProblem(error),
      )
      if (!this.#stayingServer()) return
      this.#lastProblem = problem
      await this.#report(server, problem)
      attempt = this.#options.clock.now() - connectedAt > LAST_RETRY_MS ? 0 : attempt + 1
      const delay = problem.needsPerson
        ? PERSON_RETRY_MS
        : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
      await sleep(this.#options.clock, delay, signal).catch(() => undefined)
    }
  }

  /** One connection from its opening to its end. @returns why it ended */
  async #serve(server: Server): Promise<string> {
    const { client, connector, clusterId } = this.#options
    const link = await connector.connect(server, this.#stopping.signal)
    try {
      await claimServer(link.engine, { client, clusterId, server })
      for (let current: Server | undefined = server; current; current = this.#stayingServer()) {
        const why = await this.#keepNode(current, link)
        if (why !== undefined) return why
      }
      return 'The Server was removed.'
    } finally {
      this.#link = undefined
      link.close()
    }
  }

  /** The Server, unless it leaves: others clean it then, and its Node goes with it. */
  #stayingServer(): Server | undefined {
    const server = this.#server()
    return server?.metadata.deletionTimestamp || this.#stopping.signal.aborted ? undefined : server
  }

  /**
   * The Node and its kubelet, on one connection.
   * @returns why the connection ended; undefined when somebody deleted the Node, which is then to be registered again
   */
  async #keepNode(server: Server, link: ServerLink): Promise<string | undefined> {
    const { client, clock, logger } = this.#options
    const deleted = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, deleted.signal])
    const unwatch = client.watch(NodeKind, ({ object, type }) => {
      if (object.metadata.name !== this.#name || type !== 'DELETED') return
      this.#podCidr = object.spec.podCIDR
      deleted.abort()
    })
    let agent: NodeAgent | undefined
    try {
      await this.#status.connected(server, link, this.#podCidr)
      this.#link = link
      this.#doorbell = link.doorbell
      this.#heard()
      agent = await this.#options.startAgent(await this.#nodeWithAddresses(signal), link.engine)
      logger.info({ server: this.#name }, 'server connected')
      const why = await keepHeartbeat(link, {
        clock,
        signal,
        heard: () => this.#heard(),
        missed: error => {
          this.#lastProblem = asProblem(error)
        },
      })
      if (!deleted.signal.aborted) return why
    } catch (error) {
      if (!deleted.signal.aborted) throw error
    } finally {
      unwatch()
      if (deleted.signal.aborted) await this.#registerAgain(link)
      await agent?.stop()
    }
    return undefined
  }

  /** Before the kubelet stops, which may take longer than pods stay without a Node. A failure shows in the next round. */
  async #registerAgain(link: ServerLink): Promise<void> {
    const server = this.#stayingServer()
    if (!server) return
    const { logger } = this.#options
    logger.warn({ server: this.#name }, 'its Node was deleted while it is connected: it is registered again')
    await this.#status.connected(server, link, this.#podCidr).catch((error: unknown) => {
      logger.warn({ server: this.#name, err: error }, 'could not register a Node again')
    })
  }

  /** The Node, once the controllers have given it its pod addresses. */
  #nodeWithAddresses(signal: AbortSignal): Promise<Node> {
    const { client } = this.#options
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const end = () => {
        off()
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = () => {
        end()
        reject(signal.reason)
      }
      const off = client.watch(NodeKind, ({ object, type }) => {
        if (object.metadata.name === this.#name && type !== 'DELETED') look(object)
      })
      signal.addEventListener('abort', onAbort, { once: true })
      const look = (node: Node | undefined) => {
        if (!node?.spec.podCIDR) return
        end()
        resolve(node)
      }
      look(client.get(NodeKind, this.#name))
    })
  }

  #heard(): void {
    this.#lastHeard = this.#options.clock.now()
    this.#lastProblem = undefined
    this.#brokenPart = undefined
    this.#armJudgement(SILENCE_MS)
    if (this.#judged) this.#overrule()
  }

  /** The server answers: what was judged of its silence holds no longer. Writes come in the order they are asked for. */
  #overrule(): void {
    this.#judged = false
    this.#status.nodeReady().catch((error: unknown) => {
      this.#judged = true
      this.#options.logger.warn(
        { server: this.#name, err: error },
        'could not write that a server answers again',
      )
    })
  }

  async #writeJudgement(ready: ReadyCondition): Promise<void> {
    this.#judged = true
    await this.#status.nodeReady(ready)
  }

  #armJudgement(ms: number): void {
    this.#cancelJudgement()
    this.#cancelJudgement = this.#options.clock.after(ms, () => {
      this.#judge().catch((error: unknown) => {
        this.#options.logger.warn({ server: this.#name, err: error }, 'could not judge a silent server')
        this.#armJudgement(SILENCE_MS)
      })
    })
  }

  /** The server has been silent for 8 s: decide what its Node's Ready condition should say, again and again. */
  async #judge(): Promise<void> {
    const { clock, client } = this.#options
    const server = this.#server()
    if (this.#stopping.signal.aborted || !server || !client.get(NodeKind, this.#name)) return
    const problem = this.#lastProblem
    if (problem && problem.condition !== 'Connected') return this.#judgeBroken(problem)
    const opinion = await this.#askPeers(server)
    const silentMs = clock.now() - this.#lastHeard
    if (silentMs < SILENCE_MS) return
    // that the server can be reached says nothing about what did not answer on it
    if (opinion.verdict === 'reached' && this.#brokenPart) return this.#judgeBroken(this.#brokenPart)
    if (opinion.verdict === 'reached') {
      await this.#writeJudgement({
        status: 'True',
        reason: 'UnreachableFromHere',
        message: `Server ${opinion.by} reaches it, this computer does not: its pods keep running, changes wait. Check this computer's network or the server's firewall.`,
      })
    } else {
      const asked =
        opinion.verdict === 'unreachable'
          ? `, and ${opinion.askedOf.join(', ')} could not reach it either`
          : ''
      await this.#writeJudgement({
        status: 'Unknown',
        reason: opinion.verdict === 'unreachable' ? 'NodeStatusUnknown' : 'NobodyToAsk',
        message: `Nothing heard for ${Math.round(silentMs / 1000)} s${asked}.`,
      })
    }
    this.#armJudgement(SILENCE_MS)
  }

  /** The server answers, or others say so, but its Docker does not. */
  async #judgeBroken(problem: ServerProblem): Promise<void> {
    const { reason, message } = problem
    const graceMs = ENGINE_GRACE_MS - (this.#options.clock.now() - this.#lastHeard)
    if (graceMs > 0) return this.#armJudgement(graceMs)
    this.#brokenPart = problem
    await this.#writeJudgement({ status: 'False', reason, message })
    this.#armJudgement(SILENCE_MS)
  }

  async #askPeers(server: Server): Promise<Opinion> {
    const { ssh } = server.spec
    const doorbell = this.#doorbell ?? (ssh && { host: ssh.host, port: ssh.port ?? 22 })
    if (!doorbell) return { verdict: 'none' }
    return secondOpinion(this.#options.peers(), doorbell, OPINION_TIMEOUT_MS)
  }

  async #report(server: Server, problem: ServerProblem): Promise<void> {
    const { logger } = this.#options
    logger.warn({ server: this.#name, reason: problem.reason }, problem.message)
    await this.#status.problem(this.#server() ?? server, problem).catch((error: unknown) => {
      logger.warn({ server: this.#name, err: error }, 'could not write the status of a server')
    })
  }
}

function asProblem(error: unknown): ServerProblem {
  if (error instanceof ServerProblem) return error
  return new ServerProblem('Connected', 'Unreachable', errorMessage(error), { cause: error })
}
