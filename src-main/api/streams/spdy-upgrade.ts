import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { StatusError } from '../../lib/errors.ts'

/**
 * Chooses the stream protocol: the first of the client's that we speak.
 * @throws StatusError Forbidden when there is none
 */
export function negotiateProtocol(request: IncomingMessage, spoken: readonly string[]): string {
  const header = request.headers['x-stream-protocol-version']
  const offered = [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map(name => name.trim())
    .filter(Boolean)
  // as kube-apiserver: who offers none gets the oldest
  if (offered.length === 0) return spoken.at(-1) ?? ''
  const chosen = offered.find(name => spoken.includes(name))
  if (chosen !== undefined) return chosen
  throw new StatusError(
    'Forbidden',
    `unable to negotiate protocol: client supports ${offered.join(', ')}, server accepts ${spoken.join(', ')}`,
  )
}

/** Answers the upgrade to SPDY/3.1. */
export function switchToSpdy(socket: Duplex, protocol: string): void {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `X-Stream-Protocol-Version: ${protocol}`,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
}
