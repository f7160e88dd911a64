import type { EventRecorder } from '../../api/events.ts'
import type { Container, ContainerStatus, Pod } from '../../api/types.ts'
import type { Engine, EngineContainer } from '../../engine/engine.ts'
import { formatTime, type Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import { runHook } from './lifecycle-hook.ts'
import { ProbeTask } from './probe-task.ts'
import type { Probe, ProbeResult, ProbeTarget } from './result.ts'
import { runProbe } from './run-probe.ts'

/** What probes and the postStart hook have shown about one run of a container. */
export interface Health {
  started: boolean
  ready: boolean
  /** Ms since the epoch when `ready` last changed; undefined while it is as it began. */
  readyChangedAt?: number
  /** The run must end, and another one begin if the pod's restartPolicy has any. */
  kill?: { why: string; graceSeconds?: number }
}

export interface HealthParts {
  engine: Engine
  clock: Clock
  random: () => number
  events: EventRecorder
  /** The pod's address as its server reaches it; undefined while it has none. */
  addressOf(pod: Pod): string | undefined
  onChange(uid: string): void
}

type Kind = 'Startup' | 'Readiness' | 'Liveness'

/** True when a container runs well only if somebody says so. */
export function needsHealth({ startupProbe, readinessProbe, livenessProbe, lifecycle }: Container): boolean {
  return Boolean(startupProbe ?? readinessProbe ?? livenessProbe ?? lifecycle?.postStart)
}

/** Tells one run of a container from the next: Docker starts the same container again. */
export function runKey({ id, startedAt }: EngineContainer): string {
  return `${id} ${startedAt ?? 0}`
}

/**
 * Watches one run of a container: the postStart hook first, then the startup probe, then readiness and liveness.
 * A kubelet that finds a run under way takes up what the pod's status says of it.
 */
export class ContainerHealth {
  readonly run: string
  readonly health: Health
  readonly #parts: HealthParts
  readonly #pod: Pod
  readonly #spec: Container
  readonly #container: EngineContainer
  readonly #tasks = new Map<Kind, ProbeTask>()
  readonly #stopping = new AbortController()
  #leaving = false
  #beginning = false

  constructor(parts: HealthParts, pod: Pod, spec: Container, container: EngineContainer) {
    this.#parts = parts
    this.#pod = pod
    this.#spec = spec
    this.#container = container
    this.run = runKey(container)
    const before = statusOfRun(pod, spec.name, container)
    const started = before?.started === true
    this.health = { started, ready: started && before.ready }
  }

  /** Begins to look; what is found is told by `onChange`. */
  begin(): void {
    this.#beginning = true
    if (this.health.started) this.#watchStarted()
    else if (this.#spec.lifecycle?.postStart) void this.#runPostStart()
    else this.#awaitStartup()
    this.#beginning = false
  }

  /** The pod is being deleted: nothing is restarted for its health any more, but readiness goes on. */
  leave(): void {
    this.#leaving = true
    for (const kind of ['Startup', 'Liveness'] as const) this.#stopTask(kind)
  }

  stop(): void {
    this.#stopping.abort()
    for (const task of this.#tasks.values()) task.stop()
    this.#tasks.clear()
  }

  async #runPostStart(): Promise<void> {
    const hook = this.#spec.lifecycle?.postStart
    const target = this.#target()
    if (!hook || !target) return
    const { signal } = this.#stopping
    try {
      await runHook(target, hook, { clock: this.#parts.clock, signal })
    } catch (error) {
      if (signal.aborted) return
      const message = `PostStartHook failed: ${errorMessage(error)}`
      this.#parts.events.event(this.#pod, 'Warning', 'FailedPostStartHook', message)
      this.#kill('its postStart hook failed')
      return
    }
    if (signal.aborted) return
    this.#awaitStartup()
    this.#changed()
  }

  #awaitStartup(): void {
    const { startupProbe } = this.#spec
    if (!startupProbe) return this.#setStarted()
    if (this.#leaving) return
    this.#watch('Startup', startupProbe, healthy => {
      if (healthy) {
        this.#stopTask('Startup')
        this.#setStarted()
      } else this.#fail('Startup', startupProbe)
    })
  }

  #setStarted(): void {
    this.health.started = true
    if (!this.#spec.readinessProbe) this.#setReady(true)
    this.#watchStarted()
    this.#changed()
  }

  #watchStarted(): void {
    const { readinessProbe, livenessProbe } = this.#spec
    if (readinessProbe) this.#watch('Readiness', readinessProbe, healthy => this.#setReady(healthy))
    if (livenessProbe && !this.#leaving) {
      this.#watch('Liveness', livenessProbe, healthy => {
        if (!healthy) this.#fail('Liveness', livenessProbe)
      })
    }
  }

  #watch(kind: Kind, probe: Probe, onVerdict: (healthy: boolean) => void): void {
    const target = this.#target()
    if (!target) return
    const { clock, random } = this.#parts
    const ranMs = clock.now() - (this.#container.startedAt ?? this.#container.createdAt)
    const initialMs = (probe.initialDelaySeconds ?? 0) * 1000
    const task = new ProbeTask({
      clock,
      random,
      probe,
      // the server's clock may differ from ours
      delayMs: Math.min(initialMs, Math.max(0, initialMs - ranMs)),
      eager: kind !== 'Liveness' && !this.health.ready,
      run: () => runProbe(target, probe, clock),
      onFailure: result => this.#tell(kind, result),
      onVerdict,
    })
    this.#tasks.set(kind, task)
    task.start()
  }

  #tell(kind: Kind, { outcome, message }: ProbeResult): void {
    const words =
      outcome === 'error' ? `${kind} probe errored: ${message}` : `${kind} probe failed: ${message}`
    this.#parts.events.event(this.#pod, 'Warning', 'Unhealthy', words)
  }

  #fail(kind: Kind, { terminationGracePeriodSeconds }: Probe): void {
    this.#kill(`it failed its ${kind.toLowerCase()} probe`, terminationGracePeriodSeconds)
  }

  #kill(why: string, graceSeconds?: number): void {
    if (this.#leaving) return
    this.stop()
    this.health.kill = { why, ...(graceSeconds === undefined ? {} : { graceSeconds }) }
    this.#setReady(false)
    this.#changed()
  }

  #setReady(ready: boolean): void {
    if (this.health.ready === ready) return
    this.health.ready = ready
    this.health.readyChangedAt = this.#parts.clock.now()
    this.#changed()
  }

  #changed(): void {
    // whoever had it begin looks at it anyway
    if (!this.#beginning) this.#parts.onChange(this.#pod.metadata.uid)
  }

  #stopTask(kind: Kind): void {
    this.#tasks.get(kind)?.stop()
    this.#tasks.delete(kind)
  }

  #target(): ProbeTarget | undefined {
    const address = this.#parts.addressOf(this.#pod)
    if (address === undefined) return undefined
    return {
      engine: this.#parts.engine,
      containerId: this.#container.id,
      container: this.#spec,
      address,
    }
  }
}

/** What the pod's status says of this very run. */
function statusOfRun(pod: Pod, name: string, container: EngineContainer): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const status = [...containerStatuses, ...initContainerStatuses].find(candidate => candidate.name === name)
  const sameRun =
    status?.containerID === `docker://${container.id}` &&
    container.startedAt !== undefined &&
    status.state?.running?.startedAt === formatTime(container.startedAt)
  return sameRun ? status : undefined
}
