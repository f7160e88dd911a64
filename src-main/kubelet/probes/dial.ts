import type { Duplex } from 'node:stream'
import { EngineError, type Engine } from '../../engine/engine.ts'
import { ProbeDoubt } from './result.ts'

/** The server was asked, and it says that nothing listens there. */
export class ConnectionRefused extends Error {
  constructor(host: string, port: number, cause: unknown) {
    super(`dial tcp ${host}:${port}: connect: connection refused`, { cause })
    this.name = 'ConnectionRefused'
  }
}

/**
 * A connection from the pod's server, which is destroyed when the signal is aborted.
 * @throws ConnectionRefused, or ProbeDoubt when there is no telling
 */
export async function dial(
  engine: Engine,
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<Duplex> {
  try {
    const connection = await engine.dial(host, port)
    // what fails on it later shows as its end; nobody else may be listening
    connection.on('error', () => undefined)
    const cut = () => void connection.destroy()
    if (signal.aborted) cut()
    signal.addEventListener('abort', cut, { once: true })
    connection.once('close', () => signal.removeEventListener('abort', cut))
    return connection
  } catch (error) {
    if (error instanceof EngineError && error.code === 'refused')
      throw new ConnectionRefused(host, port, error)
    throw new ProbeDoubt(error instanceof Error ? error.message : String(error), error)
  }
}
