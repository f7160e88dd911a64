import type { Server } from 'node:https'
import type { Clock } from '../../lib/clock.ts'
import type { Dispose } from '../../lib/disposer.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Identity } from './identity.ts'

const DAY_MS = 24 * 60 * 60_000

/**
 * Looks at the certificate once a day and uses the new one when it was made anew, so that a server that is never
 * restarted does not run out of its certificate. Open connections are not disturbed.
 */
export function renewDaily(
  server: Server,
  { clock, logger, reload }: { clock: Clock; logger: Logger; reload: () => Promise<Identity> },
): Dispose {
  let stopped = false
  let cancel = () => {}
  const renew = async () => {
    try {
      const { certificate: cert, key } = (await reload()).server
      server.setSecureContext({ cert, key })
    } catch (error) {
      logger.warn(
        { error: errorMessage(error) },
        'the TLS certificate was not renewed; trying again in a day',
      )
    }
    if (!stopped) schedule()
  }
  const schedule = () => {
    cancel = clock.after(DAY_MS, () => void renew())
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}
