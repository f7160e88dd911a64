import { EngineError } from '../engine.ts'
import type { DockerClient } from './client.ts'
import { jsonLines } from './json-lines.ts'

/** Until a build's first word: the context is unpacked first. */
const BUILD_HEAD_MS = 120_000
/** Of a failed build's output, so much helps to find out why. */
const LAST_LINES = 8

interface BuildLine {
  stream?: string
  error?: string
}

/** Builds to the end of the progress stream: a failing command shows only there. */
export async function buildImage(client: DockerClient, context: Buffer, reference: string): Promise<void> {
  const progress = await client.stream({
    doing: `build image ${reference}`,
    method: 'POST',
    path: '/build',
    query: { t: reference, rm: true, forcerm: true, networkmode: 'host' },
    file: context,
    timeoutMs: BUILD_HEAD_MS,
  })
  const output: string[] = []
  for await (const line of jsonLines<BuildLine>(progress)) {
    if (line.error !== undefined) {
      const last = output.join('').trim().split('\n').slice(-LAST_LINES).join('\n')
      throw new EngineError('build-failed', `cannot build image ${reference}: ${line.error}\n${last}`)
    }
    if (line.stream !== undefined) output.push(line.stream)
    if (output.length > 200) output.shift()
  }
}
