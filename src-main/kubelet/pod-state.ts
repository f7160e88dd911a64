import type { Clock } from '../lib/clock.ts'
import { BackOff } from './back-off.ts'
import type { WaitingReason } from './container-problem.ts'

export interface Problem {
  reason: WaitingReason
  message: string
  /** Ms since the epoch. */
  since: number
  /** Ms since the epoch; until then it is not tried again. */
  retryAt: number
}

/**
 * What a pod worker remembers between its rounds. Only pace and repetition depend on it: a new kubelet begins with an
 * empty one and comes to the same containers.
 */
export class PodState {
  /** By container name. */
  readonly problems = new Map<string, Problem>()
  /** Pace of the restarts that Docker leaves to the kubelet. */
  readonly restarts: BackOff
  /** Pace of what could not be created or started. */
  readonly retries: BackOff
  /** A container is being ended, though the pod stays. */
  ending = false
  /** Aborted and replaced when a leaving pod's grace is shortened. */
  hurry = new AbortController()
  /** Fingerprint of the files last written into the pod's volumes. */
  writtenFiles: string | undefined
  /** A call ended without an answer: list the pod's containers before anything else. */
  doubtful = false
  /** Exits (container id and time) whose message was read or whose event was sent. */
  readonly seenExits = new Set<string>()

  constructor(clock: Clock) {
    this.restarts = new BackOff(clock)
    this.retries = new BackOff(clock)
  }

  notBefore(name: string): number {
    return Math.max(this.problems.get(name)?.retryAt ?? 0, this.restarts.until(name))
  }

  /** The objects that containers name have changed: what failed for them may be tried at once. */
  forgetConfigProblems(): void {
    for (const [name, { reason }] of this.problems) {
      if (reason !== 'CreateContainerConfigError' && reason !== 'ContainerCreating') continue
      this.problems.delete(name)
      this.retries.forget(name)
    }
  }
}
