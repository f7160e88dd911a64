import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { Disposers } from '../../lib/disposer.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Identity } from '../auth/identity.ts'
import type { Listener } from '../auth/authenticate.ts'
import { renewDaily } from '../auth/renewal.ts'
import { WindowSessions } from '../auth/window-sessions.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Doctor } from '../doctor.ts'
import type { KindSet } from '../kinds/kind-set.ts'
import type { MetricsSource } from '../metrics/metrics-source.ts'
import type { PodStreams } from '../pod-streams.ts'
import type { Registry } from '../registry.ts'
import { handleUpgrade } from '../streams/upgrade.ts'
import { handle, type HandlerContext } from './handle.ts'

export interface ApiServerOptions {
  registry: Registry
  kinds: KindSet
  clock: Clock
  logger: Logger
  /** From `loadIdentity`. */
  identity: Identity
  /** Loads it again, for a certificate that comes to its end while the server runs. */
  reloadIdentity?: () => Promise<Identity>
  /** The streams of running containers; without it there are no logs. */
  streams?: PodStreams
  /** What pods and nodes use; without it there is nothing for `kubectl top`. */
  metrics?: MetricsSource
  /** Examines the servers' network when it is asked. */
  doctor?: Doctor
  /** Where writes and refusals are noted down. */
  audit?: AuditLog
  /** The folder of the built window. */
  rendererDir?: string
}

/** Where to listen; port 0 takes a free one. Only loopback addresses make sense: nothing else is answered. */
export interface ListenOptions {
  host?: string
  port: number
}

export interface ApiServer {
  /** For API clients: TLS, bearer token. Resolves with `https://127.0.0.1:PORT`. */
  listenTls(options: ListenOptions): Promise<string>
  /** For the window: plain HTTP, cookie (or bearer token), and the window's files. Resolves with `http://127.0.0.1:PORT`. */
  listenWindow(options: ListenOptions): Promise<string>
  /** An address that lets one browser in, once. Not to be logged. Throws before `listenWindow`. */
  windowAddress(): string
  /** Stops listening and ends every connection, watches too. */
  close(): Promise<void>
}

/** A client has this long to send its whole request. */
const REQUEST_TIMEOUT_MS = 60_000
/** Selectors are part of the head: Kubernetes' clients make long ones. Node's own limit is 16 KiB. */
const MAX_HEAD_BYTES = 256 * 1024
/** Longer than clients keep idle connections, so that none of them writes into one that is just being closed. */
const KEEP_ALIVE_MS = 3 * 60_000

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { registry, kinds, clock, logger, streams, metrics, doctor, audit, identity, rendererDir } = options
  const sessions = new WindowSessions(identity.token)
  const servers: Server[] = []
  const connections = new Set<Socket>()
  const timers = new Disposers()
  let windowUrl: string | undefined

  const listen = async (server: Server, listener: Listener, { host = '127.0.0.1', port }: ListenOptions) => {
    const context: HandlerContext = {
      services: {
        registry,
        get kinds() {
          return kinds.current
        },
        clock,
        logger,
        streams,
        metrics,
        doctor,
        audit,
      },
      credentials: { token: identity.token, sessions },
      listener,
      rendererDir,
    }
    // the server itself does not know those that are still shaking hands, and forgets those that are upgraded
    server.on('connection', (socket: Socket) => {
      connections.add(socket)
      socket.once('close', () => connections.delete(socket))
    })
    server.requestTimeout = REQUEST_TIMEOUT_MS
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      handle(context, request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'a request could not be answered')
        response.destroy()
      })
    })
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void handleUpgrade(context, request, { socket, head })
    })
    server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
      const status =
        code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    servers.push(server)
    listener.port = (server.address() as AddressInfo).port
    return `${listener.scheme}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`
  }

  return {
    listenTls: where => {
      const { certificate: cert, key } = identity.server
      const server = createHttpsServer({
        cert,
        key,
        minVersion: 'TLSv1.2',
        maxHeaderSize: MAX_HEAD_BYTES,
      })
      const { reloadIdentity: reload } = options
      if (reload) timers.add(renewDaily(server, { clock, logger, reload }))
      return listen(server, { scheme: 'https', port: 0 }, where)
    },
    listenWindow: async where => {
      windowUrl = await listen(
        createHttpServer({ maxHeaderSize: MAX_HEAD_BYTES }),
        { scheme: 'http', port: 0 },
        where,
      )
      return windowUrl
    },
    windowAddress() {
      if (windowUrl === undefined) throw new Error('the window is not served yet: call listenWindow first')
      return `${windowUrl}/?token=${sessions.issueToken()}`
    },
    async close() {
      timers.disposeAll()
      const closed = servers
        .splice(0)
        .map(server => new Promise<void>(resolve => void server.close(() => resolve())))
      for (const socket of connections) socket.destroy()
      await Promise.all(closed)
    },
  }
}
