import type { Duplex } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { badRequest } from '../../lib/errors.ts'
import type { ExecOptions } from '../pod-streams.ts'
import { type CommandChannels, encodeOutcome } from './command.ts'
import { SpdyConnection } from './spdy/connection.ts'
import type { SpdyStream } from './spdy/stream.ts'

/** Newest first. Each is what `X-Stream-Protocol-Version` says. */
export const SPDY_COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
]

/** As kubelet: a client has this long to open its streams. */
const STREAMS_TIMEOUT_MS = 30_000

/**
 * Waits for the streams that the client opens for a command: `error`, and those that its options name.
 * @throws StatusError BadRequest when they do not come; the connection is closed then
 */
export function spdyCommandChannels(
  socket: Duplex,
  { options, protocol, clock }: { options: ExecOptions; protocol: string; clock: Clock },
): Promise<CommandChannels> {
  const missing = new Set(expectedStreams(options, protocol))
  const streams = new Map<string, SpdyStream>()
  return new Promise((resolve, reject) => {
    const connection = new SpdyConnection(socket, {
      clock,
      onStream(stream) {
        const type = stream.headers.get('streamtype') ?? ''
        if (!missing.delete(type)) {
          stream.destroy(new Error(`no stream of type "${type}" is expected`))
          return
        }
        streams.set(type, stream)
        if (missing.size > 0) return
        cancel()
        resolve(channelsOf(connection, streams, protocol))
      },
    })
    const fail = (message: string) => {
      cancel()
      connection.destroy()
      reject(badRequest(message))
    }
    const cancel = clock.after(STREAMS_TIMEOUT_MS, () =>
      fail(`the client did not open its streams: ${[...missing].join(', ')}`),
    )
    void connection.closed.then(() => fail('the client is gone'))
  })
}

function expectedStreams({ stdin, stdout, stderr, tty }: ExecOptions, protocol: string): string[] {
  const sizes = tty && (protocol.startsWith('v4') || protocol.startsWith('v3'))
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr ? ['stderr'] : []),
    ...(sizes ? ['resize'] : []),
  ]
}

function channelsOf(
  connection: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  protocol: string,
): CommandChannels {
  // what the client should not write is dropped
  for (const type of ['error', 'stdout', 'stderr']) streams.get(type)?.resume()
  return {
    stdin: streams.get('stdin'),
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    resize: streams.get('resize'),
    finish(outcome) {
      streams.get('error')?.write(encodeOutcome(outcome, protocol))
      for (const stream of streams.values()) stream.end()
      connection.end()
    },
    closed: connection.closed,
  }
}
