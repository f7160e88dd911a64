import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { errorMessage, StatusError } from '../../lib/errors.ts'
import type { ExecSession } from '../pod-streams.ts'
import { terminalSizes } from './terminal-size.ts'

/** The client's ends of a command's streams, whatever carries them. */
export interface CommandChannels {
  stdin?: Readable
  stdout?: Writable
  stderr?: Writable
  /** JSON of the terminal's sizes. */
  resize?: Readable
  /** Tells how it ended, after everything that was written before, and closes. */
  finish(outcome: Outcome): void
  /** Resolves when the client is gone. */
  closed: Promise<void>
}

/** How a command ended: as the `Status` of `v4.channel.k8s.io`, without what clients do not read. */
export interface Outcome {
  metadata: Record<string, never>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: { causes: { reason: string; message: string }[] }
  code?: number
}

/**
 * Connects a client with a command's session, each direction at the pace of the slower side, and tells the client how
 * it ended. A client that goes away ends the session. Never rejects.
 * @param open begins the command; its failure is told to the client
 */
export async function runCommand(channels: CommandChannels, open: () => Promise<ExecSession>): Promise<void> {
  let session: ExecSession | undefined
  let gone = false
  void channels.closed.then(() => {
    gone = true
    session?.close()
  })
  try {
    session = await open()
    if (gone) return
    const outputs = [pump(session.stdout, channels.stdout), pump(session.stderr, channels.stderr)]
    feed(channels.stdin, session.stdin)
    followSize(channels.resize, session)
    const [code] = await Promise.all([session.exited, ...outputs])
    channels.finish(exited(code))
  } catch (error) {
    if (!gone) channels.finish(failed(error))
  } finally {
    session?.close()
    for (const input of [channels.stdin, channels.resize]) input?.resume() // nobody wants it any more
  }
}

/** Resolves when all is written. Output that the client did not ask for is dropped. */
async function pump(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from || !to) {
    from?.resume()
    to?.end()
    return
  }
  from.once('error', error => to.destroy(error))
  from.pipe(to)
  await Promise.all([finished(from, { writable: false }), finished(to, { readable: false })])
}

/**
 * The client's input. A command may end, or close its input, before it has read everything: that is no failure, and
 * the rest is dropped so that the client's other streams go on.
 */
function feed(from: Readable | undefined, to: NodeJS.WritableStream | undefined): void {
  if (!from) return
  if (!to) {
    from.resume()
    return
  }
  const drop = () => {
    from.unpipe(to)
    from.resume()
  }
  to.once('error', drop)
  to.once('close', drop)
  from.pipe(to)
}

function followSize(from: Readable | undefined, session: ExecSession): void {
  if (!from) return
  terminalSizes(from, size => session.resize(size)).catch(() => from.resume())
}

function exited(code: number): Outcome {
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

function failed(error: unknown): Outcome {
  if (error instanceof StatusError) {
    const { reason, message, code } = error
    return { metadata: {}, status: 'Failure', reason, message, code }
  }
  const message = `the connection to the container broke off: ${errorMessage(error)}`
  return { metadata: {}, status: 'Failure', reason: 'InternalError', message, code: 500 }
}

/** The error channel's words: a Status from v4 on, plain text before; nothing for a success in plain text. */
export function encodeOutcome(outcome: Outcome, protocol: string): string {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(outcome)
  return outcome.status === 'Success' ? '' : (outcome.message ?? '')
}
