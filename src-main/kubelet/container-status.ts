import type { Container, ContainerState, ContainerStatus, Pod } from '../api/types.ts'
import type { EngineContainer } from '../engine/engine.ts'
import { formatTime } from '../lib/clock.ts'
import { LABEL } from './container-labels.ts'
import type { Health } from './probes/container-health.ts'
import { hasEnded, isInit, mustRestart } from './restart-rules.ts'

/** How a container's last finished run ended, as far as it was seen. */
export interface LastExit {
  exitCode: number
  oomKilled: boolean
  /** Ms since the epoch. */
  startedAt?: number
  finishedAt: number
  message?: string
}

/** What is known of one container of a pod. */
export interface ObservedContainer {
  container?: EngineContainer
  lastExit?: LastExit
  /** Why it cannot be brought up at the moment. */
  problem?: { reason: string; message: string }
  /** What is known of its last run; absent: it is well as soon as it runs. */
  health?: Health
}

export interface StatusContext {
  pod: Pod
  /** The pod has ended, or is being deleted: nothing will be started again. */
  over: boolean
  /** Init containers are still at work. */
  initializing: boolean
}

type Terminated = NonNullable<ContainerState['terminated']>

/**
 * One entry of containerStatuses, as a kubelet computes it.
 * Source: kubernetes pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses.
 * @param before the entry as it was; what the engine has forgotten since is kept from it
 */
export function containerStatus(
  spec: Container,
  observed: ObservedContainer,
  { context, before }: { context: StatusContext; before?: ContainerStatus },
): ContainerStatus {
  const { container } = observed
  const state = stateOf(spec, observed, { context, before })
  const { started = true, ready: healthy = true } = observed.health ?? {}
  const running = state.running !== undefined
  const ready = isInit(context.pod, spec.name)
    ? state.terminated?.exitCode === 0 || (spec.restartPolicy === 'Always' && running && healthy)
    : running && healthy
  const lastState = lastStateOf(observed, state, before)
  return {
    name: spec.name,
    image: spec.image ?? '',
    imageID: container ? container.imageId : (before?.imageID ?? ''),
    ...(container ? { containerID: `docker://${container.id}` } : pick(before?.containerID)),
    state,
    ...(lastState ? { lastState } : {}),
    ready,
    started: running && started,
    restartCount: restartCount(container, before),
  }
}

function pick(containerID: string | undefined): { containerID?: string } {
  return containerID === undefined ? {} : { containerID }
}

function stateOf(
  spec: Container,
  observed: ObservedContainer,
  { context, before }: { context: StatusContext; before?: ContainerStatus },
): ContainerState {
  const { container, problem, health } = observed
  const { pod, over } = context
  if (!container) {
    if (over && before?.state?.terminated) return { terminated: before.state.terminated }
    return { waiting: problem ?? waitingToBegin(spec, context) }
  }
  switch (container.state) {
    case 'running':
    case 'paused':
      return { running: { startedAt: formatTime(container.startedAt ?? container.createdAt) } }
    case 'created':
      return { waiting: problem ?? waitingToBegin(spec, context) }
    case 'restarting':
      return over ? { terminated: terminated(observed, container) } : { waiting: crashLoop(spec, pod) }
    default:
      if (problem) return { waiting: problem }
      return hasEnded(container) &&
        !over &&
        mustRestart(pod, spec.name, container, health?.kill !== undefined)
        ? { waiting: crashLoop(spec, pod) }
        : { terminated: terminated(observed, container) }
  }
}

function waitingToBegin(spec: Container, { pod, initializing }: StatusContext) {
  const waits = initializing && !isInit(pod, spec.name)
  const initial = isInit(pod, spec.name) && pod.spec.initContainers?.[0]?.name !== spec.name
  return { reason: waits || initial ? 'PodInitializing' : 'ContainerCreating' }
}

function crashLoop(spec: Container, { metadata }: Pod) {
  const message = `back-off restarting failed container ${spec.name} in pod ${metadata.name}_${metadata.namespace}(${metadata.uid})`
  return { reason: 'CrashLoopBackOff', message }
}

/** The run that the engine says has ended. */
function terminated({ lastExit }: ObservedContainer, container: EngineContainer): Terminated {
  return toTerminated(container.id, {
    exitCode: container.exitCode,
    oomKilled: container.oomKilled || lastExit?.oomKilled === true,
    startedAt: container.startedAt,
    finishedAt: container.finishedAt ?? container.createdAt,
    message: lastExit?.message ?? (container.error || undefined),
  })
}

function toTerminated(id: string, exit: LastExit): Terminated {
  const { exitCode, oomKilled, startedAt, finishedAt, message } = exit
  return {
    exitCode,
    reason: oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    ...(message ? { message } : {}),
    ...(startedAt === undefined ? {} : { startedAt: formatTime(startedAt) }),
    finishedAt: formatTime(finishedAt),
    containerID: `docker://${id}`,
  }
}

/** How the run before the present state ended. */
function lastStateOf(
  observed: ObservedContainer,
  state: ContainerState,
  before: ContainerStatus | undefined,
): ContainerState | undefined {
  const { container, lastExit } = observed
  const known = before?.lastState
  if (!container) {
    const ended = before?.state?.terminated ?? before?.lastState?.terminated
    return ended ? { terminated: ended } : known
  }
  if (state.waiting) {
    return container.finishedAt === undefined ? known : { terminated: terminated(observed, container) }
  }
  if (state.terminated)
    return known?.terminated?.finishedAt === state.terminated.finishedAt ? undefined : known
  if (container.finishedAt === undefined) return known
  if (lastExit) return { terminated: toTerminated(container.id, lastExit) }
  const finishedAt = formatTime(container.finishedAt)
  const ended = [known?.terminated, before?.state?.terminated].find(past => past?.finishedAt === finishedAt)
  return { terminated: ended ?? unseen(container.id, finishedAt) }
}

/** Docker forgets how a run ended when it starts the next one, and nobody was looking. */
function unseen(id: string, finishedAt: string): Terminated {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container was started again while Coxswain was not connected; how it ended is not known',
    finishedAt,
    containerID: `docker://${id}`,
  }
}

/**
 * Restarts never count down. Docker forgets its own count when a person or the kubelet starts a container, and counts
 * a restart already while it waits for it: the count is what was recorded, one more when the container has been
 * started since, or what the engine has counted itself, whichever is more.
 */
function restartCount(container: EngineContainer | undefined, before: ContainerStatus | undefined): number {
  const recorded = before?.restartCount ?? 0
  if (!container) return recorded
  const base = Number(container.labels[LABEL.restarts] ?? 0)
  const counted = base + Math.max(0, container.restartCount - (container.state === 'restarting' ? 1 : 0))
  const startedAgain =
    before?.containerID === `docker://${container.id}` && hasStartedSince(container, before)
  return Math.max(recorded + (startedAgain ? 1 : 0), counted)
}

/** True when the container has been started since `before` was written; times there are in whole seconds. */
function hasStartedSince(
  { state, startedAt, finishedAt }: EngineContainer,
  before: ContainerStatus,
): boolean {
  const lastEnd = before.lastState?.terminated
  const lastStart =
    before.state?.running?.startedAt ?? before.state?.terminated?.startedAt ?? lastEnd?.startedAt
  if (startedAt !== undefined && lastStart !== undefined && lastStart !== formatTime(startedAt)) return true
  const wasRunning = before.state?.running !== undefined
  return (
    wasRunning &&
    state === 'running' &&
    finishedAt !== undefined &&
    formatTime(finishedAt) !== lastEnd?.finishedAt
  )
}
