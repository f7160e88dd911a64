import type { Engine } from '../engine/engine.ts'
import type { Dispose } from '../lib/disposer.ts'
import type { Server, ServerCondition } from '../api/types.ts'
import type { SshConnection } from '../ssh/connection.ts'

export interface CommandOutput {
  code: number
  stdout: string
  stderr: string
}

/** A live connection to one server: its engine, and what the heartbeat needs. */
export interface ServerLink {
  readonly engine: Engine
  /** The address that other servers and people reach it by. */
  readonly address: string
  /** Where another server may knock to see whether this one is up: its sshd. Absent where there is none. */
  readonly doorbell?: { host: string; port: number }
  /** The SSH connection below, for jumping on; absent for local and simulated servers. */
  readonly ssh?: SshConnection
  /**
   * Runs a line of shell on the server itself, as the user that is logged in. Absent where there is none: a simulated
   * server, a Docker in a virtual machine. Rejects when the connection ends or after `timeoutMs`.
   */
  run?(command: string, timeoutMs?: number): Promise<CommandOutput>
  /** Resolves when the server answers; rejects after `timeoutMs` or when the connection is gone. */
  ping(timeoutMs: number): Promise<void>
  /**
   * The second opinion: can this server open a TCP connection to `host:port`?
   * Rejects when the link itself gives no answer, which is no opinion.
   */
  canReach(host: string, port: number, timeoutMs: number): Promise<boolean>
  /** Calls `listener` once when the connection ends by itself. */
  onClosed(listener: (why: string) => void): Dispose
  close(): void
}

/** Opens links of one kind (SSH, local, simulated). */
export interface Connector {
  /** Rejects with a ServerProblem, whose words go into the Server's conditions. */
  connect(server: Server, signal: AbortSignal): Promise<ServerLink>
}

/** Why a server cannot be used now; `condition` and `reason` are those of the Server's status. */
export class ServerProblem extends Error {
  readonly condition: ServerCondition['type']
  readonly reason: string
  /** True when trying again soon is pointless: a person has to change something. */
  readonly needsPerson: boolean

  constructor(
    condition: ServerCondition['type'],
    reason: string,
    message: string,
    options: { needsPerson?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'ServerProblem'
    this.condition = condition
    this.reason = reason
    this.needsPerson = options.needsPerson ?? false
  }
}
