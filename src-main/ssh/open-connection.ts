import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Clock } from '../lib/clock.ts'
import type { Dispose } from '../lib/disposer.ts'
import type { Logger } from '../lib/logger.ts'
import type { SshConnection } from './connection.ts'
import { SshError, toSshError } from './errors.ts'

const OPEN_TIMEOUT_MS = 15_000
const EXEC_TIMEOUT_MS = 30_000
/** Of each stream, in characters: `exec` is for answers, not for files. */
const MAX_OUTPUT = 8 * 2 ** 20
/** How long a farewell may take before the socket is cut. */
const END_GRACE_MS = 500

/** What sshd gives as reason for a channel that it did not open. Source: RFC 4254, section 5.1. */
const ADMINISTRATIVELY_PROHIBITED = 1

interface Details {
  where: string
  hostKey: string
  clock: Clock
  logger: Logger
}

/**
 * ssh2 answers global requests in order through this list; a keep-alive of its own is the only thing it sends that
 * has a reply and no public function. (ssh2 is pinned; the integration tests hold this.)
 */
interface ClientInternals {
  _callbacks: ((failed: boolean) => void)[]
  _protocol: { ping(): void }
}

/** A connection that is up. Whatever is pending on it when it goes is rejected at once. */
export class OpenConnection implements SshConnection {
  readonly hostKey: string
  readonly serverVersion: string
  #client: Client
  #details: Details
  #closed = false
  #ended = false
  #error: SshError | undefined
  #listeners = new Set<(error: SshError | undefined) => void>()
  #pending = new Set<(error: SshError) => void>()

  constructor(client: Client, details: Details) {
    this.hostKey = details.hostKey
    this.serverVersion = String((client as unknown as { _remoteVer?: string })._remoteVer ?? '')
    this.#client = client
    this.#details = details
    client.on('error', error => {
      this.#error ??= toSshError(error, details.where)
      details.logger.debug({ server: details.where, error: error.message }, 'SSH connection failed')
    })
    client.once('close', () => this.#close())
  }

  onClosed(listener: (error: SshError | undefined) => void): Dispose {
    if (this.#closed) queueMicrotask(() => listener(this.#reason()))
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async ping(timeoutMs: number): Promise<number> {
    const before = performance.now()
    await this.#bounded('answer a keep-alive', timeoutMs, resolve => {
      const client = this.#client as unknown as ClientInternals
      // any answer is an answer: sshd refuses the request, which it does not know, and is alive
      client._callbacks.push(() => resolve(undefined))
      client._protocol.ping()
    })
    return performance.now() - before
  }

  /**
   * Starts one command, which makes sshd turn off Nagle's algorithm on its side: without it small answers wait some
   * 40 ms. Its end is not waited for (a login script may be slow), and a server that runs no commands is none the
   * worse.
   */
  async prime(): Promise<void> {
    const started = this.#bounded<void>('start a command', OPEN_TIMEOUT_MS, resolve => {
      this.#client.exec('true', (error, channel) => {
        if (error)
          this.#details.logger.debug({ server: this.#details.where, error: error.message }, 'no commands')
        else channel.on('error', () => undefined).resume()
        resolve()
      })
    })
    await started.catch((error: unknown) => {
      if (this.#closed) throw error
    })
  }

  openUnix(path: string): Promise<Duplex> {
    return this.#open(`unix socket ${path}`, done => this.#client.openssh_forwardOutStreamLocal(path, done))
  }

  openTcp(host: string, port: number): Promise<Duplex> {
    return this.#open(`${host}:${port}`, done => this.#client.forwardOut('127.0.0.1', 0, host, port, done))
  }

  exec(
    command: string,
    options: { stdin?: string | Buffer; timeoutMs?: number } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const doing = `run \`${command.length > 80 ? `${command.slice(0, 80)}…` : command}\``
    let running: ClientChannel | undefined
    const result = this.#bounded<{ code: number; stdout: string; stderr: string }>(
      doing,
      options.timeoutMs ?? EXEC_TIMEOUT_MS,
      (resolve, reject) => {
        this.#client.exec(command, (error, channel) => {
          if (error) {
            reject(this.#refused(doing, error))
            return
          }
          running = channel
          const output = { code: -1, stdout: '', stderr: '' }
          const take = (name: 'stdout' | 'stderr') => (text: string) => {
            output[name] += text
            if (output[name].length > MAX_OUTPUT) {
              reject(
                new SshError('protocol', `${this.#details.where} did not ${doing}: its output does not end`),
              )
              channel.destroy()
            }
          }
          channel.setEncoding('utf8').on('data', take('stdout'))
          channel.stderr.setEncoding('utf8').on('data', take('stderr'))
          channel.on('error', reject)
          channel.once('exit', (code: number | null) => (output.code = code ?? 255))
          channel.once('close', () => resolve(output))
          channel.end(options.stdin)
        })
      },
    )
    return result.finally(() => running?.destroy())
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#client.end()
    const cut = this.#details.clock.after(END_GRACE_MS, () => this.#client.destroy())
    this.#client.once('close', cut)
    this.#close()
  }

  #reason(): SshError | undefined {
    if (this.#ended) return undefined
    return (
      this.#error ??
      new SshError('unreachable', `the connection to ${this.#details.where} was closed by the server`)
    )
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    const reason = this.#reason()
    for (const reject of this.#pending) reject(reason ?? this.#closedError())
    this.#pending.clear()
    for (const listener of this.#listeners) listener(reason)
    this.#listeners.clear()
  }

  #closedError(): SshError {
    return new SshError('closed', `the connection to ${this.#details.where} was closed`)
  }

  #refused(what: string, error: Error & { reason?: unknown }): SshError {
    const { where } = this.#details
    if (this.#closed) return this.#reason() ?? this.#closedError()
    const forbidden = error.reason === ADMINISTRATIVELY_PROHIBITED
    const words = forbidden
      ? 'its sshd forbids it: allow it in sshd_config (AllowTcpForwarding, AllowStreamLocalForwarding, DisableForwarding)'
      : error.message
    return new SshError('channel-refused', `${where} did not ${what}: ${words}`, error)
  }

  #open(
    what: string,
    ask: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
  ): Promise<Duplex> {
    const doing = `connect us to ${what}`
    let given = false
    return this.#bounded<Duplex>(doing, OPEN_TIMEOUT_MS, (resolve, reject) => {
      ask((error, channel) => {
        if (error) {
          reject(this.#refused(doing, error))
          return
        }
        // A channel that fails with nobody on it must not bring the process down; its `close` tells its user.
        channel.on('error', (failure: unknown) =>
          this.#details.logger.debug({ what, error: String(failure) }, 'channel failed'),
        )
        if (given) channel.destroy()
        else resolve(channel)
      })
    }).finally(() => (given = true))
  }

  /** Runs one piece of work on the connection: it ends when it ends, in time, or with the connection. */
  #bounded<T>(
    doing: string,
    timeoutMs: number,
    work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    const { where, clock } = this.#details
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(this.#reason() ?? this.#closedError())
        return
      }
      const settle = () => {
        cancel()
        this.#pending.delete(fail)
      }
      const fail = (error: unknown) => {
        settle()
        reject(toSshError(error, where))
      }
      const cancel = clock.after(timeoutMs, () =>
        fail(new SshError('timeout', `${where} did not ${doing} within ${timeoutMs / 1000} s`)),
      )
      this.#pending.add(fail)
      try {
        work(value => {
          settle()
          resolve(value)
        }, fail)
      } catch (error) {
        fail(error)
      }
    })
  }
}
