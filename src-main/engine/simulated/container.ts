import type { Clock } from '../../lib/clock.ts'
import type { ContainerSpec, EngineContainer, EngineEvent, RestartPolicy } from '../engine.ts'
import type { Behaviour } from './behaviour.ts'

/** Docker's back-off between restarts. Source: moby restartmanager/restartmanager.go. */
const BACKOFF_FIRST_MS = 100
const BACKOFF_MAX_MS = 60_000
/** A run of this length forgets the back-off. */
const BACKOFF_RESET_MS = 10_000

const SIGKILL_CODE = 137
/** What Docker records for a container that ran when its engine died. */
const LOST_CODE = 255
/** Docker keeps all output; here the last runs stand for it. */
const KEPT_RUNS = 20

type Action = Extract<EngineEvent, { type: 'container' }>['action']

/** One life of the process, from start to end. */
export interface Run {
  startedAt: number
  endedAt?: number
  exitCode?: number
}

export interface ContainerHost {
  clock: Clock
  nextPid(): number
  emit(container: SimulatedContainer, action: Action, exitCode?: number): void
  /** Address and ports, taken at each start. @throws EngineError when they are taken already */
  acquire(container: SimulatedContainer): string | undefined
  release(container: SimulatedContainer): void
}

/** One container with Docker's life cycle: states, restart policies with back-off, exit codes, events. */
export class SimulatedContainer {
  readonly id: string
  readonly spec: ContainerSpec
  readonly imageId: string
  readonly behaviour: Behaviour
  readonly createdAt: number
  readonly runs: Run[] = []
  /** Files put into it, by absolute path. */
  readonly files = new Map<string, Buffer>()
  name: string
  state: EngineContainer['state'] = 'created'
  restartPolicy: RestartPolicy
  #host: ContainerHost
  #pid = 0
  #ipv4: string | undefined
  #error = ''
  #oomKilled = false
  #restartCount = 0
  #backoffMs = 0
  #stoppedByHand = false
  #timers: (() => void)[] = []
  #watchers = new Set<() => void>()

  constructor(id: string, spec: ContainerSpec, imageId: string, behaviour: Behaviour, host: ContainerHost) {
    this.id = id
    this.spec = spec
    this.imageId = imageId
    this.behaviour = behaviour
    this.name = spec.name
    this.restartPolicy = spec.restartPolicy
    this.createdAt = host.clock.now()
    this.#host = host
  }

  get run(): Run | undefined {
    return this.runs.at(-1)
  }

  get running(): boolean {
    return this.state === 'running'
  }

  get ipv4(): string | undefined {
    return this.#ipv4
  }

  /** Called at each change of state until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** By hand: forgets the restarts so far. */
  start(): void {
    this.#cancelTimers()
    this.#restartCount = 0
    this.#backoffMs = 0
    this.#stoppedByHand = false
    this.#begin()
  }

  #begin(): void {
    try {
      this.#ipv4 = this.#host.acquire(this)
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error)
      if (this.state !== 'created') this.state = 'exited'
      this.#changed()
      throw error
    }
    const { clock } = this.#host
    this.state = 'running'
    this.#error = ''
    this.#oomKilled = false
    this.#pid = this.#host.nextPid()
    this.runs.push({ startedAt: clock.now() })
    if (this.runs.length > KEPT_RUNS) this.runs.shift()
    this.#host.emit(this, 'start')
    this.#changed()
    const { exitAfterMs, exitCode, memoryBytes } = this.behaviour
    const limit = this.spec.resources?.memoryBytes
    if (limit !== undefined && memoryBytes > limit)
      this.#after(exitAfterMs ?? 1000, () => this.#runOutOfMemory())
    else if (exitAfterMs !== undefined) this.#after(exitAfterMs, () => this.#exit(exitCode))
  }

  #runOutOfMemory(): void {
    this.#oomKilled = true
    this.#host.emit(this, 'oom')
    this.#exit(SIGKILL_CODE)
  }

  /** The process ended; the restart policy says what comes next. */
  #exit(exitCode: number): void {
    const ranMs = this.#end(exitCode)
    this.#host.emit(this, 'die', exitCode)
    if (!this.#restarts(exitCode)) {
      this.#changed()
      return
    }
    this.state = 'restarting'
    this.#restartCount++
    const doubled = Math.min(BACKOFF_MAX_MS, this.#backoffMs * 2 || BACKOFF_FIRST_MS)
    this.#backoffMs = ranMs >= BACKOFF_RESET_MS ? BACKOFF_FIRST_MS : doubled
    this.#after(this.#backoffMs, () => {
      try {
        this.#begin()
      } catch {
        // Docker gives up on a restart that cannot start and keeps the error, which #begin has noted.
      }
    })
    this.#changed()
  }

  /** @returns how long the run was, in ms */
  #end(exitCode: number): number {
    this.#cancelTimers()
    const now = this.#host.clock.now()
    const run = this.run
    if (run) Object.assign(run, { endedAt: now, exitCode })
    this.state = 'exited'
    this.#pid = 0
    this.#ipv4 = undefined
    this.#host.release(this)
    return run ? now - run.startedAt : 0
  }

  #restarts(exitCode: number): boolean {
    if (this.#stoppedByHand) return false
    if (this.restartPolicy === 'on-failure') return exitCode !== 0
    return this.restartPolicy !== 'no'
  }

  /** SIGTERM, then SIGKILL after `timeoutMs`. Resolves once it has ended. */
  stop(timeoutMs: number): Promise<void> {
    this.#stoppedByHand = true
    if (this.state === 'restarting') {
      this.#cancelTimers()
      this.state = 'exited'
      this.#changed()
    }
    if (!this.running) return Promise.resolve()
    this.#host.emit(this, 'kill')
    const { stopAfterMs } = this.behaviour
    const obeys = stopAfterMs <= timeoutMs
    return new Promise(resolve => {
      const dispose = this.onChange(() => {
        if (this.running) return
        dispose()
        this.#host.emit(this, 'stop')
        resolve()
      })
      this.#after(Math.min(stopAfterMs, timeoutMs), () => this.#exit(obeys ? 0 : SIGKILL_CODE))
    })
  }

  /** SIGKILL from outside Docker: the restart policy brings it back. */
  kill(): void {
    if (this.running) this.#exit(SIGKILL_CODE)
  }

  /** SIGKILL by `docker rm -f`. */
  remove(): void {
    this.#stoppedByHand = true
    if (this.running) {
      this.#host.emit(this, 'kill')
      this.#exit(SIGKILL_CODE)
    }
    this.#cancelTimers()
    this.state = 'removing'
    this.#host.emit(this, 'destroy')
    this.#changed()
  }

  /** The server lost its power: no event is told to anyone. */
  powerOff(): void {
    if (this.running) this.#end(LOST_CODE)
    this.#cancelTimers()
    if (this.state === 'restarting') this.state = 'exited'
    this.#changed()
  }

  /** What dockerd does with it when it boots. */
  powerOn(): void {
    const again =
      this.restartPolicy === 'always'
        ? this.runs.length > 0
        : this.state === 'exited' && this.#restarts(this.run?.exitCode ?? 0)
    if (!again) return
    try {
      this.start()
    } catch {
      // as in dockerd: the error is kept in the container's state
    }
  }

  view(): EngineContainer {
    const run = this.run
    return {
      id: this.id,
      name: this.name,
      image: this.spec.image,
      imageId: this.imageId,
      labels: this.spec.labels,
      state: this.state,
      pid: this.#pid,
      createdAt: this.createdAt,
      startedAt: run?.startedAt,
      finishedAt: run?.endedAt ?? this.runs.at(-2)?.endedAt,
      exitCode: this.running ? 0 : (run?.exitCode ?? 0),
      error: this.#error,
      oomKilled: this.#oomKilled,
      restartCount: this.#restartCount,
      restartPolicy: this.restartPolicy,
      ipv4: this.#ipv4,
    }
  }

  #after(ms: number, callback: () => void): void {
    if (ms !== Infinity) this.#timers.push(this.#host.clock.after(ms, callback))
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers.splice(0)) cancel()
  }

  #changed(): void {
    for (const listener of [...this.#watchers]) listener()
  }
}
