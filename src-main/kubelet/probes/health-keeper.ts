import type { Container, Pod } from '../../api/types.ts'
import type { EngineContainer } from '../../engine/engine.ts'
import { ContainerHealth, needsHealth, runKey, type Health, type HealthParts } from './container-health.ts'

const UNWATCHED: Health = { started: true, ready: true }

/** The health of all containers of one server, as far as somebody has to ask for it. */
export class HealthKeeper {
  readonly #parts: HealthParts
  /** By pod uid, then by container name. */
  readonly #pods = new Map<string, Map<string, ContainerHealth>>()

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  /**
   * Begins to watch runs that are new, and lets go of those that have ended; what was found about an ended run is kept
   * until the next one. Cheap when nothing has changed.
   */
  watch(pod: Pod, containers: ReadonlyMap<string, EngineContainer>): void {
    for (const spec of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      if (!needsHealth(spec)) continue
      const container = containers.get(spec.name)
      if (container?.state === 'running') this.#watchRun(pod, spec, container)
      else this.#pods.get(pod.metadata.uid)?.get(spec.name)?.stop()
    }
  }

  #watchRun(pod: Pod, spec: Container, container: EngineContainer): void {
    const { uid } = pod.metadata
    const ofPod = this.#pods.get(uid) ?? new Map<string, ContainerHealth>()
    const last = ofPod.get(spec.name)
    if (last?.run === runKey(container)) return
    last?.stop()
    const health = new ContainerHealth(this.#parts, pod, spec, container)
    ofPod.set(spec.name, health)
    this.#pods.set(uid, ofPod)
    if (pod.metadata.deletionTimestamp) health.leave()
    health.begin()
  }

  /** What is known of a container's last run; of one that nobody has to ask, that it is well. */
  of(pod: Pod, spec: Container, container: EngineContainer): Health {
    if (!needsHealth(spec)) return UNWATCHED
    const known = this.#pods.get(pod.metadata.uid)?.get(spec.name)
    return known?.run === runKey(container) ? known.health : { started: false, ready: false }
  }

  /** The pod is being deleted. */
  leave(uid: string): void {
    for (const health of this.#pods.get(uid)?.values() ?? []) health.leave()
  }

  forget(uid: string): void {
    for (const health of this.#pods.get(uid)?.values() ?? []) health.stop()
    this.#pods.delete(uid)
  }

  stop(): void {
    for (const uid of [...this.#pods.keys()]) this.forget(uid)
  }
}
