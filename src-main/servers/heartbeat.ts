import type { Clock } from '../lib/clock.ts'
import { sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { ServerLink } from './link.ts'

export const HEARTBEAT_MS = 2_000
/** How long a server may be silent before it is doubted. */
export const SILENCE_MS = 8_000

/**
 * Pings `link` every 2 s and calls `heard` for each answer, until the link ends, the signal aborts or nothing was
 * heard for 8 s.
 * @returns why it ended, in words
 */
export async function keepHeartbeat(
  link: ServerLink,
  { clock, signal, heard }: { clock: Clock; signal: AbortSignal; heard: () => void },
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
        if (clock.now() - lastHeard >= SILENCE_MS) {
          return `No answer for ${SILENCE_MS / 1000} s: ${errorMessage(error)}`
        }
      }
    }
  } catch {
    // sleep was cut short: the link is closed or we are stopped
  } finally {
    offClosed()
  }
  return why
}
