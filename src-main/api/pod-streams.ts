import type { Duplex, Readable } from 'node:stream'
import type { Pod } from './types.ts'

/** What `kubectl logs` can ask for (core/v1 PodLogOptions). */
export interface LogOptions {
  container: string
  follow: boolean
  /** The container before the last restart. */
  previous: boolean
  timestamps: boolean
  tailLines?: number
  /** Only lines after this instant, ms since the epoch. */
  sinceMs?: number
  limitBytes?: number
}

/** What runs in a container beside its own process. */
export interface ExecOptions {
  container: string
  command: string[]
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

/** An open session in a container. */
export interface ExecSession {
  stdin?: NodeJS.WritableStream
  stdout?: Readable
  stderr?: Readable
  resize(size: { width: number; height: number }): void
  /** Resolves with the exit code when the process has ended. */
  exited: Promise<number>
  close(): void
}

/**
 * The streams of running containers. The composition root passes in an implementation (the kubelet's); all of them
 * reject with a StatusError.
 */
export interface PodStreams {
  /** UTF-8 lines. Destroying the stream ends the work behind it. */
  logs(pod: Pod, options: LogOptions): Promise<Readable>
  exec?(pod: Pod, options: ExecOptions): Promise<ExecSession>
  attach?(pod: Pod, options: Omit<ExecOptions, 'command'>): Promise<ExecSession>
  portForward?(pod: Pod, port: number): Promise<Duplex>
}
