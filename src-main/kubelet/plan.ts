import type { Container, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import { chooseContainers, needsSandbox, SANDBOX_HASH, specHash } from './identity.ts'
import { ephemeralHost } from './ephemeral.ts'
import type { Health } from './probes/container-health.ts'
import { deadlineOf, hasEnded, isSidecar, isUp, mustRestart } from './restart-rules.ts'
import { hasCopies } from './volume-mounts.ts'

/** One step towards the pod as it should be. */
export type Action =
  | { do: 'remove'; container: EngineContainer; why: string }
  | { do: 'stop'; container: EngineContainer; why: string }
  /** Its health asks for it; it is started again if the pod's restartPolicy says so. */
  | { do: 'kill'; name: string; container: EngineContainer; why: string; graceSeconds?: number }
  /** Create and start. `restarts`: the restartCount that it begins with. */
  | { do: 'create'; name: string; restarts: number }
  | { do: 'start'; name: string; container: EngineContainer; restart: boolean }

export interface Plan {
  /** In order. After them the pod must be looked at again. */
  actions: Action[]
  /** Ms since the epoch when there will be something to do that no event tells of. */
  wakeAt?: number
}

export interface PlanContext {
  /** Ms since the epoch. */
  now: number
  /** Ms since the epoch before which a container must not be tried (again); 0: at any time. */
  notBefore(name: string): number
  /** What is known of the container's last run; absent: every container is well as soon as it runs. */
  health?(spec: Container, container: EngineContainer): Pick<Health, 'started' | 'kill'>
  /** Whether all files have been copied into a container that was created; absent: into every one. */
  isFilled?(container: EngineContainer): boolean
}

/**
 * What to do next for a pod that is bound to this node and not being deleted. Pure: the whole kubelet's behaviour is in
 * this function's result.
 * @param containers all of the pod's containers, as the engine has them
 */
export function planPod(pod: Pod, containers: readonly EngineContainer[], context: PlanContext): Plan {
  const { byName, surplus } = chooseContainers(pod, containers)
  const planner = new Planner(pod, byName, context)
  for (const container of surplus) planner.remove(container, 'not of this pod, or a duplicate')
  if (isOver(pod, context.now)) planner.stopAll()
  else planner.bringUp()
  return planner.plan
}

/** The pod has ended for good: nothing of it is started again. */
export function isOver(pod: Pod, now: number): boolean {
  const phase = pod.status?.phase
  const deadline = deadlineOf(pod)
  return phase === 'Succeeded' || phase === 'Failed' || (deadline !== undefined && deadline <= now)
}

class Planner {
  readonly plan: Plan = { actions: [] }
  readonly #pod: Pod
  readonly #byName: Map<string, EngineContainer>
  readonly #context: PlanContext

  constructor(pod: Pod, byName: Map<string, EngineContainer>, context: PlanContext) {
    this.#pod = pod
    this.#byName = byName
    this.#context = context
  }

  remove(container: EngineContainer, why: string): void {
    this.plan.actions.push({ do: 'remove', container, why })
  }

  stopAll(): void {
    for (const container of this.#byName.values()) {
      if (isUp(container)) this.plan.actions.push({ do: 'stop', container, why: 'the pod has ended' })
    }
  }

  bringUp(): void {
    const deadline = deadlineOf(this.#pod)
    if (deadline !== undefined) this.#wake(deadline)
    if (needsSandbox(this.#pod) && !this.#sandboxUp()) return
    if (this.#allEnded()) this.#stopSidecars()
    else if (this.#initDone() && !this.#initFailed()) {
      for (const container of this.#pod.spec.containers) this.#keepUp(container)
      this.#addEphemeral()
    }
  }

  /** The namespaces come first: a container that was in other ones must be made anew. */
  #sandboxUp(): boolean {
    const sandbox = this.#byName.get(SANDBOX)
    if (sandbox && sandbox.labels[LABEL.specHash] !== SANDBOX_HASH && !isUp(sandbox)) {
      this.remove(sandbox, 'an older pause image')
      return false
    }
    for (const [name, container] of this.#byName) {
      if (name === SANDBOX || container.labels[LABEL.sandbox] === sandbox?.id) continue
      this.remove(container, 'it shares the namespaces of a pause container that is gone')
    }
    if (this.plan.actions.some(action => action.do === 'remove')) return false
    // all have ended for good, and the pause container need not be there
    if (!sandbox || !isUp(sandbox)) {
      if (this.#allEnded()) return true
      if (!this.#mayTry(SANDBOX)) return false
      this.plan.actions.push(
        sandbox
          ? { do: 'start', name: SANDBOX, container: sandbox, restart: sandbox.state !== 'created' }
          : { do: 'create', name: SANDBOX, restarts: 0 },
      )
      return false
    }
    return this.#withoutLostNetwork(sandbox)
  }

  /** A pause container that was started again has a new network; a process from before it is still in the old one. */
  #withoutLostNetwork(sandbox: EngineContainer): boolean {
    const lost = [...this.#byName].filter(
      ([name, container]) =>
        name !== SANDBOX &&
        container.state === 'running' &&
        (container.startedAt ?? 0) < (sandbox.startedAt ?? 0),
    )
    for (const [, container] of lost) {
      this.plan.actions.push({ do: 'stop', container, why: 'its network namespace is gone' })
    }
    return lost.length === 0
  }

  #allEnded(): boolean {
    const { containers } = this.#pod.spec
    return containers.every(spec => {
      const container = this.#byName.get(spec.name)
      return container && hasEnded(container) && !this.#mustRestart(spec, container)
    })
  }

  #mustRestart(spec: Container, container: EngineContainer): boolean {
    const killed = this.#context.health?.(spec, container).kill !== undefined
    return mustRestart(this.#pod, spec.name, container, killed)
  }

  /** Init containers, each after the one before it has succeeded (a sidecar: has started). */
  #initDone(): boolean {
    for (const init of this.#pod.spec.initContainers ?? []) {
      const container = this.#byName.get(init.name)
      if (isSidecar(init)) {
        this.#keepUp(init)
        if (!this.#isStarted(init, container) && !this.#mainHasBegun()) return false
      } else if (!container || !hasEnded(container)) {
        if (!container && this.#mainHasBegun()) continue
        this.#keepUp(init)
        return false
      } else if (container.exitCode !== 0) {
        this.#keepUp(init)
        return !mustRestart(this.#pod, init.name, container)
      }
    }
    return true
  }

  /** An init container that failed and may not run again: the pod has failed. */
  #initFailed(): boolean {
    return (this.#pod.spec.initContainers ?? []).some(init => {
      const container = this.#byName.get(init.name)
      return !isSidecar(init) && container && hasEnded(container) && container.exitCode !== 0
    })
  }

  #isStarted(spec: Container, container: EngineContainer | undefined): boolean {
    return container?.state === 'running' && (this.#context.health?.(spec, container).started ?? true)
  }

  /** Each is run once, when a container is there whose namespaces it can join. */
  #addEphemeral(): void {
    const pod = this.#pod
    for (const wanted of (pod.spec.ephemeralContainers ?? []) as Container[]) {
      const host = ephemeralHost(pod, wanted.name)
      const ran = pod.status?.ephemeralContainerStatuses?.some(
        ({ name, state }) => name === wanted.name && state?.terminated,
      )
      if (this.#byName.get(host)?.state === 'running' && !ran) this.#keepUp(wanted)
    }
  }

  /** Someone removed an ended init container; it has done its work. */
  #mainHasBegun(): boolean {
    return this.#pod.spec.containers.some(({ name }) => this.#byName.get(name)?.startedAt !== undefined)
  }

  #stopSidecars(): void {
    for (const init of this.#pod.spec.initContainers ?? []) {
      const container = this.#byName.get(init.name)
      if (container && isUp(container)) {
        this.plan.actions.push({ do: 'stop', container, why: 'the containers that it served have ended' })
      }
    }
  }

  /** One container: there, of the right spec, and running unless it ended as its restart policy allows. */
  #keepUp(wanted: Container): void {
    const { name } = wanted
    const container = this.#byName.get(name)
    if (!container) {
      if (this.#mayTry(name)) this.plan.actions.push({ do: 'create', name, restarts: this.#pastRuns(name) })
      return
    }
    if (container.labels[LABEL.specHash] !== specHash(wanted)) {
      this.remove(container, 'its definition changed')
      return
    }
    const kill = this.#context.health?.(wanted, container).kill
    if (kill && container.state === 'running') {
      this.plan.actions.push({ do: 'kill', name, container, ...kill })
      return
    }
    const first = container.state === 'created'
    if (first && hasCopies(this.#pod, wanted) && this.#context.isFilled?.(container) === false) {
      this.remove(container, 'its creation was cut short before it had its files')
      return
    }
    const again = hasEnded(container) && this.#mustRestart(wanted, container)
    if ((first || again) && this.#mayTry(name)) {
      this.plan.actions.push({ do: 'start', name, container, restart: again })
    }
  }

  /** A container that takes the place of one that ran counts as its restart. */
  #pastRuns(name: string): number {
    const { containerStatuses = [], initContainerStatuses = [] } = this.#pod.status ?? {}
    const past = [...containerStatuses, ...initContainerStatuses].find(status => status.name === name)
    return past?.containerID ? past.restartCount + 1 : 0
  }

  #mayTry(name: string): boolean {
    const notBefore = this.#context.notBefore(name)
    if (notBefore <= this.#context.now) return true
    this.#wake(notBefore)
    return false
  }

  #wake(at: number): void {
    this.plan.wakeAt = Math.min(this.plan.wakeAt ?? Infinity, at)
  }
}
