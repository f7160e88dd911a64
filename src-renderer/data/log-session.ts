import type { Pod } from '../../src-main/api/types.ts'
import { isAbort, toApiError, type ApiError } from '../api/api-error.ts'
import { withQuery } from '../api/client.ts'
import { objectPath, resources } from '../api/resources.ts'
import { createBackoff } from './backoff.ts'
import { createBatcher, type Batcher } from './batcher.ts'
import { priority, type Hub } from './hub.ts'
import { pause, type Timers } from './timers.ts'

export interface LogLine {
  id: number
  pod: string
  /** RFC 3339 with nanoseconds, as the engine wrote it. */
  time: string
  text: string
}

export interface LogSource {
  pod: string
  phase: 'waiting' | 'open' | 'ended' | 'failed'
  error?: ApiError
}

export interface LogSessionOptions {
  hub: Hub
  timers: Timers
  random: () => number
  /** The pods to read, as they are now; asked again at every change of a pod. */
  pods: () => readonly Pod[]
  container: string
  previous: boolean
  tailLines: number
  onLines: (lines: LogLine[]) => void
  onSources: (sources: LogSource[]) => void
}

/**
 * Follows one container of several pods in one stream. A broken connection goes on after the last line that was read;
 * a container that runs again after it ended is followed again; new pods of the workload join.
 */
export class LogSession {
  readonly #options: LogSessionOptions
  readonly #readers = new Map<string, Reader>()
  readonly #batcher: Batcher<LogLine>
  readonly #unsubscribe: () => void
  #count = 0

  constructor(options: LogSessionOptions) {
    this.#options = options
    this.#batcher = createBatcher(lines => options.onLines(lines), { timers: options.timers })
    this.#unsubscribe = options.hub.collection<Pod>('pods').cache.subscribe(() => this.#sync())
    this.#sync()
  }

  stop(): void {
    this.#unsubscribe()
    for (const reader of this.#readers.values()) reader.stop()
    this.#readers.clear()
    this.#batcher.clear()
  }

  #sync(): void {
    const pods = this.#options.pods()
    let joined = false
    for (const pod of pods) {
      const known = this.#readers.get(pod.metadata.uid)
      if (known) known.podChanged(pod)
      else {
        joined = true
        this.#readers.set(pod.metadata.uid, this.#read(pod))
      }
    }
    if (joined || this.#readers.size === 0) this.#tell()
  }

  #read(pod: Pod): Reader {
    return new Reader(pod, {
      ...this.#options,
      onLine: (time, text) => this.#batcher.push({ id: this.#count++, pod: pod.metadata.name, time, text }),
      onPhase: () => this.#tell(),
    })
  }

  #tell(): void {
    this.#options.onSources([...this.#readers.values()].map(reader => reader.source))
  }
}

interface ReaderOptions extends LogSessionOptions {
  onLine: (time: string, text: string) => void
  onPhase: () => void
}

class Reader {
  source: LogSource
  readonly #options: ReaderOptions
  readonly #path: string
  #pod: Pod
  #release: (() => void) | undefined
  #abort: AbortController | undefined
  #lastTime = ''
  /** When the run began whose log was opened last, as far as it was known then. */
  #run: string | undefined

  constructor(pod: Pod, options: ReaderOptions) {
    this.#pod = pod
    this.#options = options
    this.#path = objectPath(resources.pods, pod.metadata, 'log')
    this.source = { pod: pod.metadata.name, phase: 'waiting' }
    this.podChanged(pod)
  }

  podChanged(pod: Pod): void {
    this.#pod = pod
    const { phase } = this.source
    const idle = this.#release === undefined
    // before its first start a container has no log; after an end it may start again
    if (idle && (phase === 'ended' ? this.#isRunning() : this.#hasLog())) this.#claim()
  }

  stop(): void {
    this.#release?.()
    this.#release = undefined
    this.#abort?.abort()
  }

  #claim(): void {
    // of this claim alone: it may be stopped after the next one has started
    let abort: AbortController | undefined
    this.#release = this.#options.hub.budget.claim({
      priority: priority.log,
      start: () => {
        abort = this.#abort = new AbortController()
        void this.#follow(abort.signal)
      },
      stop: () => abort?.abort(),
    })
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { timers, random } = this.#options
    const backoff = createBackoff({ random })
    while (!signal.aborted) {
      try {
        await this.#readOnce(signal)
        this.#settle('ended')
        return
      } catch (error) {
        if (signal.aborted || isAbort(error)) return
        const apiError = toApiError(error)
        // the API said no: asking again would get the same answer until the pod changes
        if (apiError.code >= 400 && apiError.code < 500) {
          this.#settle('failed', apiError)
          return
        }
        this.source = { ...this.source, phase: 'failed', error: apiError }
        this.#options.onPhase()
        await pause(timers, backoff.next(), signal)
      }
    }
  }

  #settle(phase: 'ended' | 'failed', error?: ApiError): void {
    this.source = { pod: this.source.pod, phase, ...(error && { error }) }
    this.#release?.()
    this.#release = undefined
    this.#options.onPhase()
    // the pod's update may come before the end of the old run's log, and no other one after it
    if (phase === 'ended' && this.#isRunning() && this.#runningSince() !== this.#run) this.#claim()
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const { container, previous, tailLines, hub } = this.#options
    this.#run = this.#runningSince()
    // the API repeats the lines of the last whole second
    let shownUntil = this.#lastTime
    const path = withQuery(this.#path, {
      container,
      previous: previous || undefined,
      follow: previous ? undefined : true,
      timestamps: true,
      ...(shownUntil ? { sinceTime: shownUntil } : { tailLines }),
    })
    const onOpen = () => {
      this.source = { pod: this.source.pod, phase: 'open' }
      this.#options.onPhase()
    }
    for await (const line of hub.transport.lines(path, { signal, onOpen })) {
      const { time, text } = splitTime(line)
      if (time && time <= shownUntil) continue
      if (time) {
        shownUntil = ''
        this.#lastTime = time
      }
      this.#options.onLine(time, text)
    }
  }

  #status() {
    const { containerStatuses, initContainerStatuses } = this.#pod.status ?? {}
    return [...(initContainerStatuses ?? []), ...(containerStatuses ?? [])].find(
      status => status.name === this.#options.container,
    )
  }

  #isRunning(): boolean {
    return this.#status()?.state?.running !== undefined
  }

  #runningSince(): string | undefined {
    return this.#status()?.state?.running?.startedAt
  }

  #hasLog(): boolean {
    const status = this.#status()
    const started = status?.state?.running ?? status?.state?.terminated ?? status?.lastState?.terminated
    return started !== undefined && started !== null
  }
}

/** The time that the API put before a line; empty when there is none. */
function splitTime(line: string): { time: string; text: string } {
  const space = line.indexOf(' ')
  const time = space > 0 ? line.slice(0, space) : ''
  return /^\d{4}-\d\d-\d\dT/.test(time) ? { time, text: line.slice(space + 1) } : { time: '', text: line }
}
