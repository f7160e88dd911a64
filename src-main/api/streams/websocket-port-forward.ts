import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { badRequest } from '../../lib/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { type DialPort, forwardConnection, portOf } from './port-forward.ts'
import { WebSocketChannels } from './websocket/channels.ts'

/** SPDY inside of a WebSocket's messages, as kubectl from 1.31 on speaks. */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io'

/** One connection to each port, in channels. */
export const CHANNEL_FORWARD_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']

/** Channels are numbered by a byte, and each port has two. */
const MAX_PORTS = 127

/** The ports that the address names. @throws StatusError BadRequest */
export function forwardedPorts(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap(text => text.split(','))
  const ports = texts.map(text => {
    const port = portOf(text)
    if (port === undefined) throw badRequest(`ports: Invalid value: ${JSON.stringify(text)}: must be a port`)
    return port
  })
  if (ports.length === 0) throw badRequest('query parameter "ports" is required')
  if (ports.length > MAX_PORTS) throw badRequest(`ports: Too many: at most ${MAX_PORTS}`)
  return ports
}

/**
 * Forwards one connection to each port: channel 2i carries the data of port i and channel 2i+1 its failure. Both begin
 * with the port in two bytes, little-endian. Resolves when the client is gone.
 */
export async function serveChannelForward(
  websocket: WebSocket,
  { ports, protocol, clock, dial }: { ports: number[]; protocol: string; clock: Clock; dial: DialPort },
): Promise<void> {
  const channels = new WebSocketChannels(websocket, { clock, base64: protocol.includes('base64') })
  const forwards = ports.map(async (port, index) => {
    const output = channels.writable(2 * index)
    const error = channels.writable(2 * index + 1)
    const head = Buffer.alloc(2)
    head.writeUInt16LE(port)
    output.write(head)
    error.write(head)
    const data = Duplex.from({ readable: channels.readable(2 * index), writable: output })
    await forwardConnection({ data, error }, () => dial(port))
  })
  await Promise.all(forwards)
  channels.close()
  await channels.closed
}
