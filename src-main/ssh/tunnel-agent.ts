import { Agent } from 'node:http'
import { inspect } from 'node:util'
import type { SshConnection } from './connection.ts'
import { TunnelSocket } from './tunnel-socket.ts'

/** sshd counts sessions, not forwarded channels: 100 at a time were opened and used. */
const MAX_SOCKETS = 64
const MAX_FREE_SOCKETS = 32

/**
 * HTTP over an SSH connection: each socket is a channel to a unix socket of the server, kept for the next request.
 * A channel that the server refuses fails one request; the next opens another.
 */
export class TunnelAgent extends Agent {
  #connection: SshConnection
  #socketPath: string

  constructor(connection: SshConnection, socketPath: string) {
    super({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_FREE_SOCKETS, scheduling: 'lifo' })
    this.#connection = connection
    this.#socketPath = socketPath
  }

  /** Called by http.Agent when it needs one more socket. */
  override createConnection(): TunnelSocket {
    return new TunnelSocket(() => this.#connection.openUnix(this.#socketPath))
  }

  /**
   * docker-modem inspects its options at every request, to any depth. Without this it walks through the whole
   * connection each time: 20 requests a second instead of thousands.
   */
  [inspect.custom](): string {
    return 'TunnelAgent'
  }
}
