import { type Duplex, Readable } from 'node:stream'
import { createWebSocketStream } from 'ws'
import { StatusError } from '../../lib/errors.ts'
import type { ApiRequest } from '../http/exchange.ts'
import { openLog, sendLog } from '../http/pod-log.ts'
import type { ResourceTarget } from '../http/target.ts'
import { sendWatch } from '../http/watch.ts'
import { runCommand } from './command.ts'
import { commandRequest } from './command-request.ts'
import { portForwardRequest } from './port-forward.ts'
import { serveSpdyPortForward } from './spdy-port-forward.ts'
import { acceptWebSocket, chooseProtocol, offeredProtocols } from './websocket/accept.ts'
import { messageSink } from './websocket/sink.ts'
import { WEBSOCKET_COMMAND_PROTOCOLS, websocketCommandChannels } from './websocket-command.ts'
import {
  CHANNEL_FORWARD_PROTOCOLS,
  forwardedPorts,
  serveChannelForward,
  TUNNEL_PROTOCOL,
} from './websocket-port-forward.ts'

/** `pods/exec` and `pods/attach`, as kubectl from 1.30 on, browsers and client-node speak. */
export async function websocketCommand(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  const protocol = chooseProtocol(request.request, WEBSOCKET_COMMAND_PROTOCOLS)
  const { options, open } = commandRequest(request, target)
  const websocket = await acceptWebSocket(request.request, socket, protocol)
  const { clock } = request.services
  const channels = websocketCommandChannels(websocket, { options, protocol: protocol ?? '', clock })
  await runCommand(channels, open)
}

/** `pods/portforward`: SPDY in a tunnel for kubectl from 1.31 on, channels for client-node. */
export async function websocketPortForward(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  const protocol = chooseProtocol(request.request, [TUNNEL_PROTOCOL, ...CHANNEL_FORWARD_PROTOCOLS])
  const dial = portForwardRequest(request, target)
  const { clock } = request.services
  if (protocol === TUNNEL_PROTOCOL) {
    const websocket = await acceptWebSocket(request.request, socket, protocol)
    await serveSpdyPortForward(createWebSocketStream(websocket), { clock, dial })
    return
  }
  const ports = forwardedPorts(request.query)
  const websocket = await acceptWebSocket(request.request, socket, protocol)
  await serveChannelForward(websocket, { ports, protocol: protocol ?? '', clock, dial })
}

const BINARY = 'binary.k8s.io'
const BASE64 = 'base64.binary.k8s.io'

/** `pods/log`, as Headlamp reads it: each message a piece of the log. */
export async function websocketLog(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  const protocol = chooseProtocol(request.request, [BASE64, BINARY])
  const stream = (await openLog(request, target)) ?? Readable.from([])
  const websocket = await acceptWebSocket(request.request, socket, protocol).catch((error: unknown) => {
    stream.destroy()
    throw error
  })
  const encode = (chunk: Buffer | string) =>
    protocol === BASE64 ? Buffer.from(chunk).toString('base64') : Buffer.from(chunk)
  await sendLog(request, stream, messageSink(websocket, encode))
}

/** A collection with `watch`: each event a text message. */
export async function websocketWatch(
  request: ApiRequest,
  target: ResourceTarget,
  socket: Duplex,
): Promise<void> {
  // as kube-apiserver: whatever the client asks for is granted, for a browser gives up when nothing is
  const [protocol] = offeredProtocols(request.request)
  const websocket = await acceptWebSocket(request.request, socket, protocol)
  const sink = messageSink(websocket, event => String(event).trimEnd())
  try {
    sendWatch(request, target, () => sink)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    sink.end(JSON.stringify({ type: 'ERROR', object: error.toStatus() }))
  }
}
