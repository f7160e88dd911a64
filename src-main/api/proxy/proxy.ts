import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  STATUS_CODES,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { errorMessage, StatusError } from '../../lib/errors.ts'
import { withoutSessions } from '../auth/window-sessions.ts'
import type { ApiRequest, Exchange } from '../http/exchange.ts'
import type { ResourceTarget } from '../http/target.ts'
import { type Backend, backendOf } from './backend.ts'

/** Headers of one connection, and those by which the client has proved itself to us: neither is the pod's business. */
const OURS = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
  'upgrade', 'expect', 'authorization', 'origin', 'referer',
]) // prettier-ignore
/** Headers of an answer that are about the connection to the pod. */
const HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Any request to `pods/NAME/proxy/…` and `services/NAME/proxy/…`: an HTTP request to the pod, bodies streaming both
 * ways.
 * @throws StatusError as `backendOf`; Forbidden for the window's cookie
 */
export async function handleProxy(exchange: Exchange, target: ResourceTarget): Promise<void> {
  const { request, response } = exchange
  refuseCookie(exchange)
  const backend = backendOf(exchange, target)
  const path = pathAtPod(request, backend)
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    // relative links of a page work only below a slash
    response.writeHead(301, { Location: `${backend.prefix}/${queryOf(request)}` }).end()
    return
  }
  const outgoing = await send(exchange, backend, path)
  response.once('close', () => outgoing.destroy())
  // no pipeline: that would break the client off where the pod cannot be reached, instead of letting us say so
  request.pipe(outgoing)
  const answer = await answerOf(outgoing)
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersBack(answer, backend))
  response.flushHeaders()
  // an answer that breaks off breaks off at the client too: nothing else can be said any more
  await pipeline(answer, response).catch(() => response.destroy())
}

/** The same for a request that asks for an upgrade, a WebSocket for instance. Resolves when the connection is over. */
export async function proxyUpgrade(
  request: ApiRequest,
  target: ResourceTarget,
  client: Duplex,
): Promise<void> {
  refuseCookie(request)
  const backend = backendOf(request, target)
  const { connection = 'Upgrade', upgrade = '' } = request.request.headers
  const outgoing = await send(request, backend, pathAtPod(request.request, backend), { connection, upgrade })
  client.once('close', () => outgoing.destroy())
  const answer = new Promise<{ head: IncomingMessage; pod?: Duplex }>((resolve, reject) => {
    outgoing.once('upgrade', (head: IncomingMessage, pod: Duplex, first: Buffer) => {
      if (first.length > 0) pod.unshift(first)
      resolve({ head, pod })
    })
    answerOf(outgoing).then(head => resolve({ head }), reject)
  })
  outgoing.end()
  const { head, pod } = await answer
  client.write(headText(head, backend, pod !== undefined))
  if (pod) await converse(client, pod)
  else await pipeline(head, client).catch(() => client.destroy())
}

/** Carries both directions until both have ended, or one side has broken off. */
async function converse(client: Duplex, pod: Duplex): Promise<void> {
  const over = (side: Duplex, other: Duplex) => finished(side).catch(() => other.destroy())
  const ends = [over(client, pod), over(pod, client)]
  client.pipe(pod)
  pod.pipe(client)
  await Promise.all(ends)
}

/**
 * What a pod serves is a stranger's: a page or script of it must not get to run as the window, whose cookie may do
 * everything.
 */
function refuseCookie({ authentication }: ApiRequest): void {
  if (authentication === 'cookie') {
    throw new StatusError(
      'Forbidden',
      "pods and services are not proxied for the window's cookie, as their pages could then act as you: use kubectl port-forward, or kubectl proxy",
    )
  }
}

/** @throws StatusError ServiceUnavailable when the pod cannot be reached */
async function send(
  { request }: ApiRequest,
  backend: Backend,
  path: string,
  headers: Record<string, string> = {},
): Promise<ClientRequest> {
  const connection = await backend.dial().catch((error: unknown) => {
    throw unreachable(error)
  })
  const outgoing = httpRequest({
    method: request.method,
    path: path || '/',
    headers: { ...headersThere(request, backend), ...headers },
    createConnection: () => connection,
  })
  outgoing.on('error', () => undefined) // told by `answerOf`, and afterwards by the streams
  const end = () => connection.destroy()
  outgoing.once('close', end)
  // then the request is over, but not its connection
  outgoing.once('upgrade', () => outgoing.off('close', end))
  return outgoing
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', error => reject(unreachable(error)))
    outgoing.once('close', () => reject(unreachable(new Error('the connection was closed'))))
  })
}

function unreachable(error: unknown): StatusError {
  return new StatusError('ServiceUnavailable', `error trying to reach service: ${errorMessage(error)}`, {
    cause: error,
  })
}

/** The path with its query as the client wrote it, for percent sequences are the pod's to read. */
function pathAtPod(request: IncomingMessage, { depth }: Backend): string {
  let path = request.url?.split('?')[0] ?? ''
  for (let segment = 0; segment < depth; segment++) path = path.replace(/^\/+[^/]*/, '')
  return path === '' ? '' : path + queryOf(request)
}

function queryOf({ url = '' }: IncomingMessage): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at)
}

function headersThere({ headers, socket }: IncomingMessage, { prefix }: Backend): IncomingHttpHeaders {
  const given = Object.entries(headers).filter(([name]) => !OURS.has(name) && name !== 'cookie')
  const cookies = withoutSessions(headers.cookie)
  return {
    ...Object.fromEntries(given),
    ...(cookies ? { cookie: cookies } : {}),
    'x-forwarded-uri': prefix,
    'x-forwarded-host': headers.host,
    'x-forwarded-proto': 'encrypted' in socket ? 'https' : 'http',
  }
}

/** The pod's headers; a redirection within the pod leads through the proxy again. */
function headersBack({ headersDistinct }: IncomingMessage, { prefix }: Backend): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!HOP.has(name)) headers[name] = name === 'location' ? values.map(to => through(prefix, to)) : values
  }
  return headers
}

function through(prefix: string, location: string): string {
  return location.startsWith('/') && !location.startsWith('//') ? prefix + location : location
}

/** The head of an answer, for a connection that node no longer looks after. */
function headText(answer: IncomingMessage, backend: Backend, upgraded: boolean): string {
  const { statusCode = 502, headers } = answer
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`]
  for (const [name, values] of Object.entries(headersBack(answer, backend))) {
    for (const value of values) lines.push(`${name}: ${value}`)
  }
  lines.push(`connection: ${upgraded ? 'Upgrade' : 'close'}`)
  if (upgraded && headers.upgrade) lines.push(`upgrade: ${headers.upgrade}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
