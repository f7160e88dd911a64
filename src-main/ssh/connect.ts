import net from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type AnyAuthMethod } from 'ssh2'
import { systemClock, type Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { SshError, toSshError } from './errors.ts'
import type { SshConnection, SshTarget } from './connection.ts'
import { fingerprint, hostKeyChanged, sameFingerprint } from './host-key.ts'
import { findIdentities, type Identities } from './identities.ts'
import { OpenConnection } from './open-connection.ts'
import { describeTarget, resolveTarget, type ResolvedTarget, type SshEnvironment } from './target.ts'

export interface SshOptions extends SshEnvironment {
  signal?: AbortSignal
  clock?: Clock
  logger: Logger
  /** For all of it: looking up, connecting, authenticating. */
  timeoutMs?: number
  /** Asked for a server without a pin; its `false` refuses the key. */
  onFirstHostKey?: (hostKey: string) => boolean | Promise<boolean>
}

const DEFAULT_TIMEOUT_MS = 15_000

/**
 * Opens a connection that is ready for many small requests.
 * @throws SshError
 */
export async function connectSsh(target: SshTarget, options: SshOptions): Promise<SshConnection> {
  const resolved = await resolveTarget(target, options)
  const where = describeTarget(resolved)
  const deadline = withDeadline(options, where)
  const owned: SshConnection[] = []
  const connected = connect(target, resolved, options, deadline.signal, owned)
  try {
    // (a rejection by the deadline wins over whatever the steps wait for)
    return await Promise.race([deadline.failed, connected])
  } catch (error) {
    const endHops = () => {
      for (const hop of owned) hop.end()
    }
    endHops()
    // what is there only after the deadline has nobody who would end it
    void connected.then(late => late.end(), endHops)
    throw toSshError(error, where)
  } finally {
    deadline.clear()
  }
}

/** Bounds the time of the whole, by the clock and by the caller's signal. */
function withDeadline(options: SshOptions, where: string) {
  const { clock = systemClock, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
  const abort = new AbortController()
  const end = (error: SshError) => abort.abort(error)
  const onAbort = () => end(new SshError('aborted', `connecting to ${where} was stopped`, signal?.reason))
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const cancel = clock.after(timeoutMs, () => {
    const words = 'check that it is on, the address, and firewalls between'
    end(new SshError('timeout', `${where} did not let us in within ${timeoutMs / 1000} s: ${words}`))
  })
  const failed = new Promise<never>((_resolve, reject) => {
    if (abort.signal.aborted) reject(abort.signal.reason)
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true })
  })
  failed.catch(() => undefined) // raced against the work; either may lose
  return {
    signal: abort.signal,
    failed,
    clear() {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

async function connect(
  target: SshTarget,
  resolved: ResolvedTarget,
  options: SshOptions,
  signal: AbortSignal,
  owned: SshConnection[],
): Promise<SshConnection> {
  const where = describeTarget(resolved)
  const identities = await findIdentities({
    privateKey: target.privateKey,
    passphrase: target.passphrase,
    agent: target.agent,
    identityFiles: resolved.identityFiles,
    agentSocket: resolved.agentSocket,
    homeDir: resolved.homeDir,
  })
  signal.throwIfAborted() // an agent may have waited for its user
  if (identities.list.length === 0) {
    if (identities.leftOut) throw identities.leftOut
    throw new SshError(
      'authentication-failed',
      `there is no key to try for ${where}: name one as identityFile, or add one to your ssh-agent (ssh-add)`,
    )
  }
  const via = await throughHops(resolved, { ...options, signal }, owned)
  signal.throwIfAborted()
  const socket = via ? await openThrough(via, resolved) : await dial(resolved, signal)
  const connection = await handshake(socket, { target, where, identities, options, signal })
  connection.onClosed(() => {
    for (const hop of owned) hop.end()
  })
  await connection.prime()
  return connection
}

/** Connects to the jump hosts of the configuration, each through the one before it. */
async function throughHops(
  resolved: ResolvedTarget,
  options: SshOptions,
  owned: SshConnection[],
): Promise<SshConnection | undefined> {
  let via = resolved.via
  for (const hop of resolved.hops) {
    try {
      via = await connectSsh({ ...hop, ...(via ? { via } : {}) }, { ...options, onFirstHostKey: undefined })
      owned.push(via)
    } catch (error) {
      throw jumpFailed(resolved, hop.host, error)
    }
  }
  return via
}

async function openThrough(via: SshConnection, resolved: ResolvedTarget): Promise<Duplex> {
  try {
    return await via.openTcp(resolved.host, resolved.port)
  } catch (error) {
    throw jumpFailed(resolved, 'the jump host', error)
  }
}

function jumpFailed(resolved: ResolvedTarget, hop: string, error: unknown): SshError {
  const { message } = toSshError(error, hop)
  return new SshError(
    'jump-failed',
    `cannot reach ${describeTarget(resolved)} through ${hop}: ${message}`,
    error,
  )
}

function dial({ host, port }: ResolvedTarget, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    // noDelay: without it each small request waits for the acknowledgement of the last, some 40 ms
    const socket = net.connect({ host, port, noDelay: true })
    const onAbort = () => socket.destroy()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', reject)
    socket.once('close', () => reject(signal.reason ?? new Error('Not connected')))
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

interface Handshake {
  target: SshTarget
  where: string
  identities: Identities
  options: SshOptions
  signal: AbortSignal
}

function handshake(
  socket: Duplex,
  { target, where, identities, options, signal }: Handshake,
): Promise<OpenConnection> {
  const client = new ssh2.Client()
  const tried: string[] = []
  let shown = ''
  return new Promise((resolve, reject) => {
    let keyError: SshError | undefined
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort)
      reject(keyError ?? explain(error, where, tried, identities))
      client.on('error', () => undefined) // what comes after the first failure is its echo
      client.destroy()
      socket.destroy()
    }
    const onAbort = () => fail(signal.reason)
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const onError = (error: Error & { level?: string }) => {
      // An agent that cannot sign is one identity that failed; the next one is tried.
      if (error.level === 'agent')
        options.logger.debug({ server: where, error: error.message }, 'ssh-agent failed')
      else fail(error)
    }
    const onClose = () => fail(new Error('Connection lost before handshake'))
    client.on('error', onError)
    client.once('close', onClose)
    client.once('ready', () => {
      signal.removeEventListener('abort', onAbort)
      client.off('error', onError).off('close', onClose)
      resolve(
        new OpenConnection(client, {
          where,
          hostKey: shown,
          clock: options.clock ?? systemClock,
          logger: options.logger,
        }),
      )
    })
    client.connect({
      sock: socket as net.Socket,
      username: where.slice(0, where.lastIndexOf('@')),
      readyTimeout: 0, // the deadline above bounds it
      keepaliveInterval: 0, // the owner pings
      authHandler: authHandler(where.slice(0, where.lastIndexOf('@')), identities, tried) as never,
      hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
        shown = fingerprint(key)
        if (target.hostKey !== undefined && !sameFingerprint(target.hostKey, shown)) {
          keyError = hostKeyChanged(where, target.hostKey, shown)
          verify(false)
          return
        }
        const asked = target.hostKey === undefined ? (options.onFirstHostKey?.(shown) ?? true) : true
        Promise.resolve(asked).then(
          accepted => {
            if (!accepted)
              keyError = new SshError('host-key-refused', `the host key ${shown} of ${where} was refused`)
            verify(accepted)
          },
          error => fail(error),
        )
      },
    })
  })
}

/** Hands ssh2 one identity after the other, and keeps their names for the message. */
function authHandler(username: string, identities: Identities, tried: string[]) {
  const left = [...identities.list]
  return (): AnyAuthMethod | false => {
    const identity = left.shift()
    if (!identity) return false
    tried.push(identity.label)
    return identity.kind === 'agent'
      ? { type: 'agent', username, agent: identity.agent }
      : // ssh2 takes a parsed key here as well as its text; its types know only the text
        { type: 'publickey', username, key: identity.key as unknown as string }
  }
}

function explain(error: unknown, where: string, tried: string[], identities: Identities): SshError {
  const level = (error as { level?: string } | undefined)?.level
  const message = error instanceof Error ? error.message : String(error)
  const refused = level === 'client-authentication' || /too many authentication failures/i.test(message)
  if (!refused) return toSshError(error, where)
  if (identities.leftOut) return identities.leftOut
  const user = where.slice(0, where.lastIndexOf('@'))
  return new SshError(
    'authentication-failed',
    `${where} accepted none of our keys (tried: ${tried.join(', ')}): add the public key to ~${user}/.ssh/authorized_keys there (ssh-copy-id), or name another identityFile or user`,
    error,
  )
}
