import { EngineError, type Engine } from '../engine/engine.ts'
import { errorMessage } from '../lib/errors.ts'
import { ServerProblem } from './link.ts'
import { withTimeout } from './with-timeout.ts'

/**
 * Makes sure that an engine answers and is new enough.
 * @param diagnose finds out why a socket cannot be used, in words with the next step
 * @throws ServerProblem of the DockerReady condition
 */
export async function requireEngine(
  engine: Engine,
  diagnose: () => Promise<{ reason: string; message: string }>,
): Promise<void> {
  try {
    await engine.info()
  } catch (error) {
    if (error instanceof EngineError && error.code === 'unsupported') {
      throw new ServerProblem('DockerReady', 'EngineTooOld', error.message, {
        needsPerson: true,
        cause: error,
      })
    }
    const found = await diagnose().catch(() => ({ reason: 'EngineStopped', message: errorMessage(error) }))
    throw new ServerProblem('DockerReady', found.reason, found.message, { cause: error })
  }
}

/**
 * Resolves when an engine that answered before still does.
 * @throws ServerProblem of the DockerReady condition, also after `timeoutMs`
 */
export async function pingEngine(engine: Engine, timeoutMs: number): Promise<void> {
  try {
    await withTimeout(engine.info(), timeoutMs)
  } catch (error) {
    throw new ServerProblem(
      'DockerReady',
      'EngineStopped',
      `Docker does not answer: ${errorMessage(error)}`,
      {
        cause: error,
      },
    )
  }
}
