import type { Clock } from '../lib/clock.ts'
import { sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { ServerProblem, type ServerLink } from './link.ts'

export const HEARTBEAT_MS = 2_000
/** How long a server may be silent before it is doubted. */
export const SILENCE_MS = 8_000

export interface HeartbeatOptions {
  clock: Clock
  signal: AbortSignal
  heard(): void
  missed(error: unknown): void
}

/**
 * Pings `link` every 2 s and calls `heard` for each answer and `missed` for each that does not come, until the link
 * ends, the signal aborts or nothing was heard for 8 s.
 * @returns why it ended, in words
 * @throws ServerProblem after 8 s in which the server answers but something on it, its engine, does not
 */
export async function keepHeartbeat(
  link: ServerLink,
  { clock, signal, heard, missed }: HeartbeatOptions,
): Promise<string> {
  const ended = new AbortController()
  const stop = AbortSignal.any([signal, ended.signal])
  let why = 'Coxswain ended the connection.'
  let lastHeard = clock.now()
  const offClosed = link.onClosed(reason => {
    why = reason
    ended.abort()
  })
  try {
    while (!stop.aborted) {
      await sleep(clock, HEARTBEAT_MS, stop)
      try {
        await link.ping(HEARTBEAT_MS * 2)
        lastHeard = clock.now()
        heard()
      } catch (error) {
        missed(error)
        if (clock.now() - lastHeard >= SILENCE_MS) {
          if (error instanceof ServerProblem) throw error
          return `No answer for ${SILENCE_MS / 1000} s: ${errorMessage(error)}`
        }
      }
    }
  } catch (error) {
    if (error instanceof ServerProblem) throw error
    // sleep was cut short: the link is closed or we are stopped
  } finally {
    offClosed()
  }
  return why
}
