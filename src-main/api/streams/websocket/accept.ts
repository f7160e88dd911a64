import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { badRequest } from '../../../lib/errors.ts'

/** Clients send pieces of 32 or 64 KiB; a program may well hand over a file at once. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

const chosen = new WeakMap<IncomingMessage, string>()

const acceptor = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE_BYTES,
})
acceptor.on('headers', (headers, request) => {
  const protocol = chosen.get(request)
  if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
})

/** The subprotocols that the client offers, in its order. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const header = headers['sec-websocket-protocol'] ?? ''
  return header.split(',').map(name => name.trim()).filter(Boolean) // prettier-ignore
}

/**
 * The first of `spoken` that the client offers; undefined when it offers none at all.
 * @throws StatusError BadRequest: clients of Kubernetes fall back to SPDY then
 */
export function chooseProtocol(request: IncomingMessage, spoken: readonly string[]): string | undefined {
  const offered = offeredProtocols(request)
  if (offered.length === 0) return undefined
  const protocol = spoken.find(name => offered.includes(name))
  if (protocol !== undefined) return protocol
  throw badRequest(`none of the subprotocols ${offered.join(', ')} is spoken here: ${spoken.join(', ')} are`)
}

/** Completes the handshake. A request that is no proper one is answered with 400 by `ws`, and never resolves. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  protocol: string | undefined,
): Promise<WebSocket> {
  if (protocol !== undefined) chosen.set(request, protocol)
  // ws refuses subprotocols with a slash in them, as Kubernetes' tunnel has one: it must not see what is offered
  delete request.headers['sec-websocket-protocol']
  return new Promise((resolve, reject) => {
    const fail = () => reject(badRequest('the WebSocket handshake failed'))
    socket.once('close', fail)
    acceptor.handleUpgrade(request, socket, Buffer.alloc(0), websocket => {
      socket.off('close', fail)
      websocket.on('error', () => websocket.terminate())
      resolve(websocket)
    })
  })
}
