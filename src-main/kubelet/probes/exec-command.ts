import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ProbeTarget } from './result.ts'

const MAX_OUTPUT_BYTES = 10 * 1024

/**
 * Runs a command in the container. Docker goes on with a command whose connection is cut: a probe that runs out of
 * time leaves its process behind until it ends by itself.
 * @throws EngineError
 */
export async function execCommand(
  { engine, containerId }: ProbeTarget,
  command: string[],
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const session = await engine.exec(containerId, { command })
  const close = () => session.close()
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  const chunks: Buffer[] = []
  let size = 0
  const keep = (output: Readable | undefined) =>
    output?.on('data', (chunk: Buffer) => {
      if (size < MAX_OUTPUT_BYTES) chunks.push(chunk)
      size += chunk.length
    })
  keep(session.stdout)
  keep(session.stderr)
  try {
    const exitCode = await session.exitCode()
    await Promise.all([finished(session.stdout), session.stderr && finished(session.stderr)])
    return { exitCode, output: Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES).toString() }
  } finally {
    signal.removeEventListener('abort', close)
    session.close()
  }
}
