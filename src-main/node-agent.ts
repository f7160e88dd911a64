import { sleep, type Clock } from './lib/clock.ts'
import { errorMessage } from './lib/errors.ts'
import type { Logger } from './lib/logger.ts'
import { ROUTES_COMMAND } from './network/plan/routes.ts'
import type { ServerLink } from './servers/link.ts'
import type { NodeAgent } from './servers/server-worker.ts'

export interface ClearedAgentOptions {
  /** Runs commands on the server; absent where there is no way to, or no server. */
  run: ServerLink['run']
  /** Tells people of a clash of the cluster's addresses with these routes. @returns whether there is one */
  clashes(routes: string): Promise<boolean>
  start(): Promise<NodeAgent>
  clock: Clock
  logger: Logger
}

const LOOK_AGAIN_MS = 10_000

/**
 * Starts a server's network and kubelet, unless that would take addresses that the server has a route of its own for:
 * then nothing is touched until the route is gone or the cluster has another range.
 */
export async function startCleared(options: ClearedAgentOptions): Promise<NodeAgent> {
  if (!(await isBlocked(options))) return options.start()
  const stopping = new AbortController()
  const { clock, logger } = options
  const { signal } = stopping
  const waiting = async (): Promise<NodeAgent | undefined> => {
    while (!signal.aborted) {
      await sleep(clock, LOOK_AGAIN_MS, signal).catch(() => undefined)
      if (signal.aborted) return undefined
      try {
        if (!(await isBlocked(options))) return await options.start()
      } catch (error) {
        logger.warn({ err: error }, 'could not start on a server; it is tried again')
      }
    }
    return undefined
  }
  const started = waiting()
  return {
    async stop() {
      stopping.abort()
      await (await started)?.stop()
    },
  }
}

async function isBlocked({ run, clashes, logger }: ClearedAgentOptions): Promise<boolean> {
  if (!run) return false
  let routes: string
  try {
    routes = (await run(ROUTES_COMMAND)).stdout
  } catch (error) {
    // who may not run commands there may still use Docker; the doctor says that it could not look
    logger.info({ err: errorMessage(error) }, "cannot read the server's routes")
    return false
  }
  return clashes(routes)
}
