import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { createLocalEngine } from '../engine/docker/docker-engine.ts'
import type { Engine } from '../engine/engine.ts'
import type { Logger } from '../lib/logger.ts'
import { pingEngine, requireEngine } from './require-engine.ts'
import type { CommandOutput, Connector, ServerLink } from './link.ts'

const DEFAULT_SOCKET = '/var/run/docker.sock'

/** This computer's own Docker, through its socket. */
export function createLocalConnector({ logger }: { logger: Logger }): Connector {
  return {
    async connect(server) {
      const socketPath = server.spec.docker?.socket ?? DEFAULT_SOCKET
      const engine = createLocalEngine({ socketPath, logger })
      try {
        await requireEngine(engine, () => diagnose(socketPath))
      } catch (error) {
        engine.close()
        throw error
      }
      // elsewhere Docker runs in a virtual machine, which is no place that commands could be run
      const run = process.platform === 'linux' ? runHere : undefined
      return { ...engineLink(engine, '127.0.0.1'), ...(run ? { run } : {}) }
    },
  }
}

const execute = promisify(execFile)

async function runHere(command: string, timeoutMs = 10_000): Promise<CommandOutput> {
  try {
    return { code: 0, ...(await execute('/bin/sh', ['-c', command], { timeout: timeoutMs })) }
  } catch (error) {
    const { code, stdout, stderr } = error as Partial<CommandOutput>
    // a command that failed is an answer; one that could not be run or took too long is none
    if (typeof code !== 'number') throw error
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

/** A link whose heartbeat is the engine itself. */
export function engineLink(engine: Engine, address: string): ServerLink {
  return {
    engine,
    address,
    ping: timeoutMs => pingEngine(engine, timeoutMs),
    canReach: (host, port, timeoutMs) =>
      new Promise(resolve => {
        const socket = connect({ host, port, timeout: timeoutMs })
        const answer = (reached: boolean) => () => {
          socket.destroy()
          resolve(reached)
        }
        socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false))
      }),
    onClosed: () => () => undefined,
    close: () => engine.close(),
  }
}

async function diagnose(socketPath: string): Promise<{ reason: string; message: string }> {
  const exists = await access(socketPath).then(
    () => true,
    () => false,
  )
  if (!exists) {
    return {
      reason: 'DockerMissing',
      message: `There is no Docker on this computer: ${socketPath} does not exist. Install Docker and start it, or set spec.docker.socket.`,
    }
  }
  const allowed = await access(socketPath, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  return allowed
    ? { reason: 'EngineStopped', message: `Docker does not answer at ${socketPath}. Start it and try again.` }
    : {
        reason: 'SocketForbidden',
        message: `You may not use ${socketPath}. Add yourself to the group docker (sudo usermod -aG docker $USER), then log in again.`,
      }
}
