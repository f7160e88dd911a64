import { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { LogChunk, LogOptions } from '../engine.ts'
import type { Run, SimulatedContainer } from './container.ts'

interface Line {
  at: number
  stream: LogChunk['stream']
  text: string
}

/**
 * What one run has written until `now`. Lines follow from the time alone (line n is written n intervals after the
 * start), so that 30,000 containers that nobody reads cost nothing.
 */
function lineCount(run: Run, everyMs: number, now: number): number {
  const until = Math.min(now, run.endedAt ?? now)
  return Math.max(0, Math.floor((until - run.startedAt) / everyMs) + 1) + (failed(run) ? 1 : 0)
}

function failed(run: Run): boolean {
  return run.endedAt !== undefined && run.exitCode !== 0
}

function lineAt(container: SimulatedContainer, run: Run, index: number, count: number): Line {
  const { logEveryMs, logLine } = container.behaviour
  if (failed(run) && index === count - 1) {
    return { at: run.endedAt ?? 0, stream: 'stderr', text: `fatal: exiting with code ${run.exitCode}` }
  }
  const at = run.startedAt + index * logEveryMs
  const text =
    index === 0
      ? `${container.name} started`
      : (logLine ?? `GET /${index % 7 === 0 ? 'health' : ''} 200 ${1 + (index % 9)}ms`)
  return { at, stream: 'stdout', text }
}

/** The lines there are now, oldest first, from line `from` on (counted over all kept runs). */
function* linesSoFar(container: SimulatedContainer, now: number, from: number): Generator<Line> {
  let before = 0
  for (const run of container.runs) {
    const count = lineCount(run, container.behaviour.logEveryMs, now)
    for (let index = Math.max(0, from - before); index < count; index++)
      yield lineAt(container, run, index, count)
    before += count
  }
}

function total(container: SimulatedContainer, now: number): number {
  return container.runs.reduce((sum, run) => sum + lineCount(run, container.behaviour.logEveryMs, now), 0)
}

export function simulatedLogs(
  container: SimulatedContainer,
  clock: Clock,
  options: LogOptions,
): Readable & AsyncIterable<LogChunk> {
  const closed = new AbortController()
  const stream = Readable.from(chunks(container, clock, options, closed.signal))
  stream.once('close', () => closed.abort())
  if (options.signal?.aborted) stream.destroy()
  options.signal?.addEventListener('abort', () => stream.destroy(), { once: true, signal: closed.signal })
  return stream as Readable & AsyncIterable<LogChunk>
}

async function* chunks(
  container: SimulatedContainer,
  clock: Clock,
  options: LogOptions,
  closed: AbortSignal,
): AsyncGenerator<LogChunk> {
  let next = options.tail === undefined ? 0 : Math.max(0, total(container, clock.now()) - options.tail)
  for (;;) {
    const now = clock.now()
    for (const line of linesSoFar(container, now, next)) {
      next++
      if (line.at < (options.since ?? 0) || line.at > (options.until ?? Infinity)) continue
      const time = options.timestamps ? `${new Date(line.at).toISOString().replace('Z', '000000Z')} ` : ''
      yield { stream: line.stream, data: Buffer.from(`${time}${line.text}\n`) }
    }
    const over = !['running', 'restarting'].includes(container.state)
    if (!options.follow || over || closed.aborted || now > (options.until ?? Infinity)) return
    await nextChange(container, clock, now, closed)
  }
}

/** The next line is due, the container changed, or nobody reads any more. */
function nextChange(
  container: SimulatedContainer,
  clock: Clock,
  now: number,
  closed: AbortSignal,
): Promise<void> {
  return new Promise(resolve => {
    const everyMs = container.behaviour.logEveryMs
    const sinceStart = now - (container.run?.startedAt ?? now)
    const done = () => {
      cancelTimer()
      unwatch()
      closed.removeEventListener('abort', done)
      resolve()
    }
    const cancelTimer = clock.after(everyMs - (sinceStart % everyMs), done)
    const unwatch = container.onChange(done)
    closed.addEventListener('abort', done, { once: true })
  })
}
