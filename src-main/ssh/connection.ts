import type { Duplex } from 'node:stream'
import type { Dispose } from '../lib/disposer.ts'
import type { SshError } from './errors.ts'

/** How a server is reached. What is left out comes from `~/.ssh/config`, then from OpenSSH's defaults. */
export interface SshTarget {
  host: string
  port?: number
  user?: string
  identityFile?: string
  /** The key itself, from a Secret. */
  privateKey?: string
  passphrase?: string
  agent?: boolean
  /** Pinned `SHA256:…` */
  hostKey?: string
  /** Jump host: the connection to go through. It stays its owner's. */
  via?: SshConnection
}

/** One SSH connection; everything on it fails with an SshError once it is gone. */
export interface SshConnection {
  /** Fingerprint that the server showed. */
  readonly hostKey: string
  readonly serverVersion: string
  /** Called once, also when it is closed already; `undefined` when `end()` closed it. */
  onClosed(listener: (error: SshError | undefined) => void): Dispose
  /** A real round trip on this connection. @returns ms */
  ping(timeoutMs: number): Promise<number>
  /** A stream to a unix socket of the server. */
  openUnix(path: string): Promise<Duplex>
  /** A stream to an address as the server sees it. */
  openTcp(host: string, port: number): Promise<Duplex>
  exec(
    command: string,
    options?: { stdin?: string | Buffer; timeoutMs?: number },
  ): Promise<{ code: number; stdout: string; stderr: string }>
  end(): void
}
