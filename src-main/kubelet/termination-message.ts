import { extract } from 'tar-stream'
import type { Container } from '../api/types.ts'
import { EngineError, type Engine } from '../engine/engine.ts'
import type { LastExit } from './container-status.ts'

/** Kubernetes' limits: a message of 4 KiB, or the last 80 lines or 2 KiB of the log. */
const MAX_BYTES = 4096
const MAX_LOG_BYTES = 2048
const MAX_LOG_LINES = 80

/**
 * What a container that ended left to say: the file at its terminationMessagePath or, if the policy falls back to it
 * and the container failed, the end of its log. A path in /dev, such as the default one, is there only as a mount
 * (`TerminationLogs`).
 */
export async function readTerminationMessage(
  engine: Engine,
  container: Container,
  { id, exit }: { id: string; exit: LastExit },
): Promise<string | undefined> {
  const { terminationMessagePath: path = '/dev/termination-log', terminationMessagePolicy } = container
  const message = await readFile(engine, id, path)
  if (message || terminationMessagePolicy !== 'FallbackToLogsOnError' || exit.exitCode === 0) return message
  return readLogEnd(engine, id, exit)
}

async function readFile(engine: Engine, id: string, path: string): Promise<string | undefined> {
  try {
    const archive = await engine.getArchive(id, path)
    for await (const entry of archive.pipe(extract())) {
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString() || undefined
    }
    return undefined
  } catch (error) {
    if (error instanceof EngineError && error.code === 'not-found') return undefined
    throw error
  }
}

async function readLogEnd(engine: Engine, id: string, exit: LastExit): Promise<string | undefined> {
  const chunks = await engine.containerLogs(id, { tail: MAX_LOG_LINES, since: exit.startedAt })
  const data: Buffer[] = []
  for await (const chunk of chunks) data.push(chunk.data)
  return Buffer.concat(data).subarray(-MAX_LOG_BYTES).toString() || undefined
}
