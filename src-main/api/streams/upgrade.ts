import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, internalError, StatusError } from '../../lib/errors.ts'
import { audit } from '../audit/audit-event.ts'
import { authenticate, checkHost } from '../auth/authenticate.ts'
import type { ApiRequest } from '../http/exchange.ts'
import { type HandlerContext, readAddress } from '../http/handle.ts'
import { isSet } from '../http/revisions.ts'
import { type ResourceTarget, resourceTarget } from '../http/target.ts'
import { proxyUpgrade } from '../proxy/proxy.ts'
import { spdyCommand, spdyPortForward } from './over-spdy.ts'
import { websocketCommand, websocketLog, websocketPortForward, websocketWatch } from './over-websocket.ts'

type Handler = (request: ApiRequest, target: ResourceTarget, socket: Duplex) => Promise<void>

/** What is spoken over an upgraded connection, by the Upgrade header and what is asked for. */
const handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  'spdy/3.1': { exec: spdyCommand, attach: spdyCommand, portforward: spdyPortForward },
  websocket: {
    exec: websocketCommand,
    attach: websocketCommand,
    portforward: websocketPortForward,
    log: websocketLog,
    watch: websocketWatch,
  },
}

/**
 * Answers a request to turn its connection into something else. What cannot be done is refused with a Status, like
 * any other request. Never rejects; resolves when the connection is over.
 */
export async function handleUpgrade(
  context: HandlerContext,
  incoming: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): Promise<void> {
  // A client that breaks off is no failure of ours; what reads and writes notices.
  socket.on('error', () => socket.destroy())
  if (head.length > 0) socket.unshift(head)
  const { services } = context
  const receivedAt = services.clock.now()
  const request: ApiRequest = {
    request: incoming,
    method: incoming.method ?? 'GET',
    services,
    path: [],
    query: new URLSearchParams(),
  }
  try {
    checkHost(incoming, context.listener)
    Object.assign(request, readAddress(incoming))
    request.authentication = authenticate(incoming, context.listener, context.credentials)
    if (request.authentication === 'none') throw new StatusError('Unauthorized', 'Unauthorized')
    const converse = handlerOf(request)
    // at its beginning: a shell may stay open for days
    audit(request, { receivedAt })
    await converse(socket)
  } catch (error) {
    const known = error instanceof StatusError
    if (!known) services.logger.error({ err: error }, 'an upgrade failed')
    const status = known ? error : internalError(error)
    audit(request, { receivedAt, code: status.code })
    refuse(socket, status)
  }
}

/** @throws StatusError when nothing is spoken there */
function handlerOf(request: ApiRequest): (socket: Duplex) => Promise<void> {
  const { headers, url } = request.request
  const target = resourceTarget(request.path, request.services.kinds)
  if (target?.subresource === 'proxy' && target.kind.subresources.includes('proxy')) {
    return socket => proxyUpgrade(request, target, socket)
  }
  const wanted = headers.upgrade?.toLowerCase() ?? ''
  const spoken = Object.hasOwn(handlers, wanted) ? handlers[wanted] : undefined
  if (!spoken)
    throw badRequest(
      `cannot upgrade to ${JSON.stringify(headers.upgrade)}: SPDY/3.1 and WebSocket are spoken`,
    )
  const asked = target?.subresource || (isSet(request.query, 'watch') && !target?.name ? 'watch' : '')
  const handler = Object.hasOwn(spoken, asked) ? spoken[asked] : undefined
  if (!target || !handler) throw badRequest(`${headers.upgrade} is not spoken at ${url?.split('?')[0]}`)
  return socket => handler(request, target, socket)
}

/** Only a connection that still speaks HTTP can be told. */
function refuse(socket: Duplex, status: StatusError): void {
  if (!socket.writable) return
  const body = JSON.stringify(status.toStatus())
  const lines = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
