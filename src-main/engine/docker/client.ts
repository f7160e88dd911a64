import { setMaxListeners } from 'node:events'
import type { Agent } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import type { Clock } from '../../lib/clock.ts'
import { EngineError } from '../engine.ts'
import { toEngineError } from './errors.ts'
import { negotiate, type DockerVersion } from './versions.ts'

/** One request to Docker's API. */
export interface DockerRequest {
  /** What is being done, for the error's sentence: `start container web-0`. */
  doing: string
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Without the version, such as `/containers/json`. */
  path: string
  query?: Record<string, unknown>
  body?: object
  /** Sent as it is, e.g. a tar stream. */
  file?: Readable | Buffer
  registryAuth?: object
  /** Ends the request, and a stream that came of it. */
  signal?: AbortSignal
  /** How long the answer (of a stream: its head) may take. */
  timeoutMs?: number
}

const REQUEST_TIMEOUT_MS = 30_000
const ANSWERS_WELL: Record<number, boolean> = { 101: true, 200: true, 201: true, 202: true, 204: true }

/**
 * Speaks to one Docker engine through dockerode's modem: negotiates the version, bounds every wait, and knows only
 * EngineErrors. Two origins share the agent, because http.Agent counts its sockets per origin: followed logs and
 * events can so never starve the short requests.
 */
export class DockerClient {
  readonly clock: Clock
  #agent: Agent
  #modems = new Map<string, Docker['modem']>()
  readonly #version = new Answer(() => this.#askVersion())
  readonly #loggingDriver = new Answer(() => this.#askLoggingDriver())

  constructor(agent: Agent, clock: Clock) {
    this.#agent = agent
    this.clock = clock
  }

  /** What this engine can do. Asked once; asked again after a failure. */
  version(): Promise<DockerVersion> {
    return this.#version.get()
  }

  /** The driver of containers that name none: `json-file`. Asked once; asked again after a failure. */
  loggingDriver(): Promise<string> {
    return this.#loggingDriver.get()
  }

  async #askLoggingDriver(): Promise<string> {
    const info = await this.json<{ LoggingDriver?: string }>({
      doing: 'ask Docker how it keeps logs',
      path: '/info',
    })
    return info?.LoggingDriver ?? ''
  }

  async #askVersion(): Promise<DockerVersion> {
    const modem = this.#modem('docker', undefined)
    const text = await this.#dial(
      modem,
      { doing: "ask for Docker's version", path: '/version' },
      {},
      wholeText,
    )
    return negotiate(JSON.parse(text) as Parameters<typeof negotiate>[0])
  }

  /** A short request: its whole answer, parsed; undefined when the answer is empty or no JSON (`OK`). */
  async json<T>(request: DockerRequest): Promise<T | undefined> {
    const text = await this.#send('docker', request, {}, wholeText)
    try {
      return (JSON.parse(text) ?? undefined) as T | undefined
    } catch {
      return undefined
    }
  }

  /** A request whose answer is read bit by bit. */
  stream(request: DockerRequest): Promise<Readable> {
    return this.#send('docker-stream', request, {}, answer => Promise.resolve(answer))
  }

  /** A request that turns its connection into a two-way stream (exec and attach). */
  hijack(request: DockerRequest): Promise<Duplex> {
    const options = { hijack: true, openStdin: true, allowEmpty: true }
    return this.#send('docker-stream', request, options, answer => Promise.resolve(answer as Duplex))
  }

  async #send<T>(origin: string, request: DockerRequest, options: object, take: Take<T>): Promise<T> {
    const { apiVersion } = await this.version()
    try {
      return await this.#dial(this.#modem(origin, `v${apiVersion}`), request, options, take)
    } catch (error) {
      // The engine was replaced by one that speaks another range of versions: negotiate anew next time.
      if (error instanceof EngineError && error.code === 'unsupported') this.#version.forget()
      throw error
    }
  }

  #modem(origin: string, version: string | undefined): Docker['modem'] {
    const key = `${origin} ${version}`
    let modem = this.#modems.get(key)
    if (!modem) {
      // All of it is said here, so that DOCKER_HOST and its like in our own environment change nothing.
      // (@types/dockerode leaves out `agent`, which dockerode hands on to docker-modem)
      const options: object = { host: origin, port: 80, protocol: 'http', version, agent: this.#agent }
      const docker = new Docker(options)
      modem = docker.modem as Docker['modem']
      this.#modems.set(key, modem)
    }
    return modem
  }

  #dial<T>(modem: Docker['modem'], request: DockerRequest, options: object, take: Take<T>): Promise<T> {
    const { doing, signal, timeoutMs = REQUEST_TIMEOUT_MS } = request
    const abort = new AbortController()
    return new Promise((resolve, reject) => {
      const aborted = () => new EngineError('aborted', `stopped before it could ${doing}`, signal?.reason)
      if (signal?.aborted) {
        reject(aborted())
        return
      }
      const end = (error: EngineError) => {
        reject(error)
        abort.abort(error)
      }
      const onAbort = () => end(aborted())
      const cancelTimer = this.clock.after(timeoutMs, () => {
        end(new EngineError('timeout', `cannot ${doing}: Docker gave no answer in ${timeoutMs / 1000} s`))
      })
      // one signal may well end a hundred followed logs: that is no leak
      if (signal) setMaxListeners(0, signal)
      signal?.addEventListener('abort', onAbort, { once: true })
      const release = () => signal?.removeEventListener('abort', onAbort)
      const fail = (error: unknown) => {
        cancelTimer()
        release()
        reject(toEngineError(error, doing))
      }
      const dial = {
        ...options,
        // always: when docker-modem reads an answer to its end itself, one that is cut off never ends
        isStream: true,
        path: request.query ? `${request.path}?` : request.path,
        method: request.method ?? 'GET',
        // docker-modem would send the query as the body of a POST if there were no _body
        options: { _query: request.query ?? {}, _body: request.body ?? {} },
        ...(request.file ? { file: request.file } : {}),
        ...(request.registryAuth ? { authconfig: request.registryAuth } : {}),
        abortSignal: abort.signal,
        statusCodes: ANSWERS_WELL,
      }
      modem.dial(dial, (error: unknown, answer: unknown) => {
        if (error) {
          fail(error)
          return
        }
        const stream = answer as Readable
        // a stream stays bound to its caller's signal until it closes
        stream.once('close', release)
        take(stream).then(value => {
          cancelTimer()
          resolve(value)
        }, fail)
      })
    })
  }
}

/** What is made of an answer's body within the request's time. */
type Take<T> = (answer: Readable) => Promise<T>

const wholeText: Take<string> = answer => text(answer)

/** What is asked once; after a failure again. */
class Answer<T> {
  readonly #ask: () => Promise<T>
  #asked: Promise<T> | undefined

  constructor(ask: () => Promise<T>) {
    this.#ask = ask
  }

  get(): Promise<T> {
    const asked = (this.#asked ??= this.#ask())
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = undefined
    })
    return asked
  }

  forget(): void {
    this.#asked = undefined
  }
}
