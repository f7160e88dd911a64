import { Readable } from 'node:stream'
import { containerStatusOf } from '../api/container-statuses.ts'
import type { LogOptions } from '../api/pod-streams.ts'
import type { Pod } from '../api/types.ts'
import type { Engine, EngineContainer, LogChunk } from '../engine/engine.ts'
import { badRequest, internalError } from '../lib/errors.ts'
import { LABEL } from './container-labels.ts'
import { chooseContainers } from './identity.ts'

/**
 * A container's output. Docker keeps one log over all runs of a container, so a run is cut out of it by its times.
 * @throws StatusError BadRequest in Kubernetes' words when there is no such container or run
 */
export async function podLogs(
  { engine, clusterId }: { engine: Engine; clusterId: string },
  pod: Pod,
  options: LogOptions,
): Promise<Readable> {
  const container = await find({ engine, clusterId }, pod, options.container)
  const run = runOf(pod, container, options)
  const abort = new AbortController()
  const since = Math.max(run.since ?? 0, options.sinceMs ?? 0)
  try {
    const chunks = await engine.containerLogs(container.id, {
      follow: options.follow && !options.previous,
      // the engine counts its lines from the end of all runs
      tail: run.until === undefined ? options.tailLines : undefined,
      since: since > 0 ? since : undefined,
      until: run.until,
      timestamps: options.timestamps,
      signal: abort.signal,
    })
    const bytes = run.until === undefined ? data(chunks) : lastLines(data(chunks), options.tailLines)
    const stream = Readable.from(limit(bytes, options.limitBytes), { objectMode: false })
    stream.once('close', () => abort.abort())
    return stream
  } catch (error) {
    throw internalError(error)
  }
}

async function find(
  { engine, clusterId }: { engine: Engine; clusterId: string },
  pod: Pod,
  name: string,
): Promise<EngineContainer> {
  const { uid } = pod.metadata
  const listed = await engine.listContainers({ [LABEL.cluster]: clusterId, [LABEL.podUid]: uid })
  const chosen = chooseContainers(pod, listed).byName.get(name)
  const container = chosen && (await engine.inspectContainer(chosen.id))
  if (container && container.startedAt !== undefined) return container
  const reason = containerStatusOf(pod, name)?.state?.waiting?.reason ?? 'ContainerCreating'
  throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`)
}

/** From when to when the asked run was, in ms since the epoch; undefined: from the first line, to the last. */
interface Period {
  since?: number
  until?: number
}

function runOf(pod: Pod, container: EngineContainer, options: LogOptions): Period {
  const { startedAt, finishedAt, state } = container
  const alive = state === 'running' || state === 'paused'
  if (!options.previous) return lastRun(pod, container, { alive, name: options.container })
  if (finishedAt === undefined) {
    throw badRequest(
      `previous terminated container "${options.container}" in pod "${pod.metadata.name}" not found`,
    )
  }
  // between two runs the one that has just ended is the previous one
  if (!alive) return lastRun(pod, container, { alive, name: options.container })
  const status = containerStatusOf(pod, options.container)
  const began = status?.lastState?.terminated?.startedAt
  return { ...(began ? { since: Date.parse(String(began)) } : {}), until: startedAt }
}

/** Docker waits that long at least between two runs. */
const BETWEEN_RUNS_MS = 100
/** Docker writes down that a container has started when it hears of it, on a busy server well after its first words. */
const STARTED_LATE_MS = 1_000

/** Begins early rather than late: a line too many of the run before is a smaller loss than the first line of this one. */
function lastRun(
  pod: Pod,
  { startedAt = 0, finishedAt, restartCount }: EngineContainer,
  { alive, name }: { alive: boolean; name: string },
): Period {
  const restarts = Math.max(restartCount, containerStatusOf(pod, name)?.restartCount ?? 0)
  if (finishedAt === undefined || restarts === 0) return {}
  // while it runs, its last end is that of the run before
  return { since: alive ? Math.max(finishedAt, startedAt - STARTED_LATE_MS) : startedAt - BETWEEN_RUNS_MS }
}

async function* data(chunks: AsyncIterable<LogChunk>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield chunk.data
}

/** The last lines of a stream that ends. */
async function* lastLines(bytes: AsyncIterable<Buffer>, count: number | undefined): AsyncGenerator<Buffer> {
  if (count === undefined) {
    yield* bytes
    return
  }
  let kept = Buffer.alloc(0)
  for await (const chunk of bytes) {
    kept = Buffer.concat([kept, chunk])
    kept = kept.subarray(startOfLast(kept, count))
  }
  yield kept
}

/** Where the last `count` lines begin; a line's end belongs to it. */
function startOfLast(bytes: Buffer, count: number): number {
  let end = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length
  for (let line = 0; line < count; line++) {
    const newline = end > 0 ? bytes.lastIndexOf(NEWLINE, end - 1) : -1
    if (newline < 0) return 0
    end = newline
  }
  return count === 0 ? bytes.length : end + 1
}

const NEWLINE = 10

async function* limit(bytes: AsyncIterable<Buffer>, max: number | undefined): AsyncGenerator<Buffer> {
  let left = max ?? Infinity
  for await (const chunk of bytes) {
    if (left <= 0) return
    yield chunk.subarray(0, Math.min(left, chunk.length))
    left -= chunk.length
  }
}
