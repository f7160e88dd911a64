import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Duplex } from 'node:stream'
import type { Client } from '../api/client.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import type { SecretKeyReference, Server, ServerSsh } from '../api/types.ts'
import { createDockerEngine } from '../engine/docker/docker-engine.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { connectSsh } from '../ssh/connect.ts'
import type { SshConnection } from '../ssh/connection.ts'
import { diagnoseSocket } from '../ssh/diagnose-socket.ts'
import { SshError } from '../ssh/errors.ts'
import { resolveTarget } from '../ssh/target.ts'
import { TunnelAgent } from '../ssh/tunnel-agent.ts'
import { pingEngine, requireEngine } from './require-engine.ts'
import { ServerProblem, type Connector, type ServerLink } from './link.ts'

const ENGINE_BEAT = 5
/** Less than the time of silence that puts a server in doubt. */
const CONNECT_TIMEOUT_MS = 6_000
const RUN_TIMEOUT_MS = 10_000
const DEFAULT_SOCKET = '/var/run/docker.sock'
/** Where the Secrets live that Servers name. */
const SECRETS_NAMESPACE = 'coxswain-system'

export interface SshConnectorOptions {
  client: Client
  clock: Clock
  logger: Logger
  /** The live SSH connection of another Server, for jumping. */
  sshOf(server: string): SshConnection | undefined
}

/** Reaches a server's Docker through one SSH connection. */
export function createSshConnector(options: SshConnectorOptions): Connector {
  return {
    async connect(server, signal) {
      const ssh = server.spec.ssh
      if (!ssh) throw new Error(`Server ${server.metadata.name} has no spec.ssh`)
      const connection = await openSsh(server, ssh, signal, options)
      try {
        return await linkOver(connection, server, ssh, options)
      } catch (error) {
        connection.end()
        throw error
      }
    },
  }
}

async function openSsh(
  server: Server,
  ssh: ServerSsh,
  signal: AbortSignal,
  { client, clock, logger, sshOf }: SshConnectorOptions,
): Promise<SshConnection> {
  const via = ssh.jump ? sshOf(ssh.jump) : undefined
  if (ssh.jump && !via) {
    throw new ServerProblem(
      'Connected',
      'JumpUnavailable',
      `This server is reached through Server "${ssh.jump}", which is not connected. See what that Server's conditions say.`,
    )
  }
  const secret = (reference: SecretKeyReference | undefined) => reference && secretValue(client, reference)
  try {
    return await connectSsh(
      {
        host: ssh.host,
        port: ssh.port,
        user: ssh.user,
        identityFile: ssh.identityFile,
        privateKey: secret(ssh.privateKeySecretRef),
        passphrase: secret(ssh.passphraseSecretRef),
        agent: ssh.agent,
        hostKey: ssh.hostKey ?? server.status?.ssh?.hostKey,
        via,
      },
      { signal, clock, logger, timeoutMs: CONNECT_TIMEOUT_MS },
    )
  } catch (error) {
    throw error instanceof SshError ? problemOf(error) : error
  }
}

function secretValue(client: Client, { name, key }: SecretKeyReference): string {
  const secret = client.get(SecretKind, name, SECRETS_NAMESPACE)
  const value = secret?.data?.[key]
  if (value === undefined) {
    const what = secret ? `has no key "${key}"` : 'does not exist'
    throw new ServerProblem(
      'Connected',
      'KeyUnreadable',
      `Secret "${name}" in namespace ${SECRETS_NAMESPACE} ${what}. Create it, or name another one in spec.ssh.`,
      { needsPerson: true },
    )
  }
  return Buffer.from(value, 'base64').toString('utf8')
}

/** Which condition reason an SSH failure shows as, and whether a person must act. */
const REASONS: Partial<Record<SshError['code'], { reason: string; needsPerson: boolean }>> = {
  'authentication-failed': { reason: 'AuthenticationFailed', needsPerson: true },
  'host-key-changed': { reason: 'HostKeyChanged', needsPerson: true },
  'key-unreadable': { reason: 'KeyUnreadable', needsPerson: true },
  'passphrase-needed': { reason: 'KeyUnreadable', needsPerson: true },
  'passphrase-wrong': { reason: 'KeyUnreadable', needsPerson: true },
  'agent-unavailable': { reason: 'KeyUnreadable', needsPerson: true },
}

function problemOf(error: SshError): ServerProblem {
  const known = REASONS[error.code] ?? { reason: 'Unreachable', needsPerson: false }
  return new ServerProblem('Connected', known.reason, error.message, {
    needsPerson: known.needsPerson,
    cause: error,
  })
}

async function linkOver(
  connection: SshConnection,
  server: Server,
  ssh: ServerSsh,
  { logger }: SshConnectorOptions,
): Promise<ServerLink> {
  const socketPath = server.spec.docker?.socket ?? DEFAULT_SOCKET
  const agent = new TunnelAgent(connection, socketPath)
  const engine = createDockerEngine({
    agent,
    dial: (host, port) => connection.openTcp(host, port),
    logger,
  })
  await requireEngine(engine, () => diagnoseSocket(connection, socketPath))
  const { host, port } = await resolveTarget(ssh, {})
  const address = await numericAddress(host)
  return {
    engine,
    ssh: connection,
    address,
    doorbell: { host: address, port },
    run: (command, timeoutMs = RUN_TIMEOUT_MS) => connection.exec(command, { timeoutMs }),
    ping: pingBoth(connection, engine),
    canReach: (host, port, timeoutMs) => canReach(connection, host, port, timeoutMs),
    onClosed: listener =>
      connection.onClosed(error => listener(error?.message ?? 'The connection was closed.')),
    close() {
      engine.close()
      agent.destroy()
      connection.end()
    },
  }
}

/**
 * Every beat asks sshd; every fifth asks Docker too, which may be down on a server that is up. A Docker that gave no
 * answer is asked at every beat until it does: sshd's answers say nothing of it.
 */
export function pingBoth(connection: Pick<SshConnection, 'ping'>, engine: Engine): ServerLink['ping'] {
  let beat = 1
  return async timeoutMs => {
    await connection.ping(timeoutMs)
    if (beat % ENGINE_BEAT === 0) await pingEngine(engine, timeoutMs)
    beat += 1
  }
}

/**
 * Node addresses are numbers, of IPv4 where there is one: the network knows no other. A name that only a jump host can
 * resolve is kept as it is.
 */
export async function numericAddress(host: string, resolve: typeof lookup = lookup): Promise<string> {
  if (isIP(host)) return host
  for (const family of [4, 0] as const) {
    const found = await resolve(host, { family }).catch(() => undefined)
    if (found) return found.address
  }
  return host
}

async function canReach(
  connection: SshConnection,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<boolean> {
  const opening = connection.openTcp(host, port)
  const timeout = AbortSignal.timeout(timeoutMs)
  const timedOut = new Promise<'timed out'>(resolve =>
    timeout.addEventListener('abort', () => resolve('timed out'), { once: true }),
  )
  const outcome = await Promise.race([
    opening.then(
      channel => channel,
      (error: unknown) => error,
    ),
    timedOut,
  ])
  if (outcome === 'timed out') {
    // Silence may be the far server's or this connection's own: only a live connection has an opinion.
    opening.then(
      channel => channel.destroy(),
      () => undefined,
    )
    await connection.ping(timeoutMs)
    return false
  }
  if (outcome instanceof SshError && outcome.code === 'channel-refused') return false
  if (!(outcome instanceof Duplex)) throw outcome
  outcome.destroy()
  return true
}
