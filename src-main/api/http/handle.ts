import type { IncomingMessage, ServerResponse } from 'node:http'
import { audit } from '../audit/audit-event.ts'
import { authenticate, checkHost, type Credentials, type Listener } from '../auth/authenticate.ts'
import { versionInfo } from '../discovery/version.ts'
import { badRequest, StatusError } from '../../lib/errors.ts'
import { handleDiscovery } from './discovery.ts'
import { handleDoctor } from './doctor.ts'
import type { ApiRequest, Exchange, Services } from './exchange.ts'
import { handleMetrics } from './metrics.ts'
import { handleResource } from './resources.ts'
import { sendError, sendJson, sendText, setWarnings } from './respond.ts'
import { handleStatic } from './static-files.ts'

export interface HandlerContext {
  services: Services
  credentials: Credentials
  listener: Listener
  /** The built window; only the http listener serves it. */
  rendererDir: string | undefined
}

/** Answers one request. Never rejects: every failure becomes a Status. */
export async function handle(
  context: HandlerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange: Exchange = {
    request,
    response,
    warnings: [],
    method: request.method ?? 'GET',
    path: [],
    query: new URLSearchParams(),
    services: context.services,
  }
  const receivedAt = context.services.clock.now()
  // A client that breaks off is no failure of ours; what writes to it notices by `destroyed`.
  response.on('error', () => response.destroy())
  try {
    checkHost(request, context.listener)
    Object.assign(exchange, readAddress(request))
    await answer(exchange, context)
  } catch (error) {
    if (!response.headersSent) setWarnings(response, exchange.warnings)
    if (!response.destroyed) await sendError(exchange, error)
  }
  audit(exchange, { receivedAt, ...(response.headersSent ? { code: response.statusCode } : {}) })
}

async function answer(exchange: Exchange, context: HandlerContext): Promise<void> {
  const { request, path } = exchange
  if (await handleOpen(exchange)) return
  if (context.listener.scheme === 'http' && enterWindow(exchange, context)) return
  exchange.authentication = authenticate(request, context.listener, context.credentials)
  if (exchange.authentication === 'none') throw unauthorized(exchange, context)
  if (await handleDiscovery(exchange)) return
  if (await handleMetrics(exchange)) return
  if (await handleDoctor(exchange)) return
  if (await handleResource(exchange)) return
  const isApi = ['api', 'apis', 'openapi'].includes(path[0] ?? '')
  const { rendererDir, listener } = context
  if (!isApi && rendererDir && listener.scheme === 'http' && (await handleStatic(exchange, rendererDir)))
    return
  await sendText(exchange, 404, '404 page not found')
}

/** The decoded path and the query. @throws StatusError BadRequest */
export function readAddress({ url }: IncomingMessage): Pick<ApiRequest, 'path' | 'query'> {
  const [path = '', ...query] = (url ?? '/').split('?')
  try {
    return {
      path: path.split('/').filter(Boolean).map(decodeURIComponent),
      query: new URLSearchParams(query.join('?')),
    }
  } catch (error) {
    throw badRequest('the address has a broken percent sequence', error)
  }
}

/** What answers without credentials: that the server lives, and which version it is. */
async function handleOpen(exchange: Exchange): Promise<boolean> {
  const { method, path } = exchange
  if (method !== 'GET' && method !== 'HEAD') return false
  const [root, ...rest] = path
  if (root === 'version' && rest.length === 0) {
    await sendJson(exchange, 200, versionInfo)
    return true
  }
  if (rest.length > 0 || !['healthz', 'livez', 'readyz'].includes(root ?? '')) return false
  await sendText(exchange, 200, 'ok')
  return true
}

/** `/?token=…`: the one-time token becomes a cookie, and leaves the address bar. */
function enterWindow(
  { path, query, response }: Exchange,
  { credentials, listener }: HandlerContext,
): boolean {
  const token = query.get('token')
  if (path.length > 0 || token === null) return false
  const cookie = credentials.sessions.exchange(token, listener.port)
  if (cookie === undefined) return false
  response.writeHead(303, {
    'Set-Cookie': cookie,
    Location: '/',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  })
  response.end()
  return true
}

function unauthorized({ response }: Exchange, { listener }: HandlerContext): StatusError {
  if (listener.scheme === 'https') {
    response.setHeader('WWW-Authenticate', 'Bearer')
    return new StatusError('Unauthorized', 'Unauthorized')
  }
  return new StatusError(
    'Unauthorized',
    'Unauthorized: open the address that Coxswain prints at its start (it works once), or its window',
  )
}
