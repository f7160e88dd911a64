import { EngineError, type Engine } from '../engine/engine.ts'
import { errorMessage } from '../lib/errors.ts'
import { ServerProblem } from './link.ts'

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
