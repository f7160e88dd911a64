import type { ContainerStatus, Pod } from '../../src-main/api/types.ts'
import { age, statusCell, text, type RowKind, type Status } from './row-kind.ts'

/** Reasons of a waiting container that will not pass by themselves. */
const STUCK: Record<string, string> = {
  CrashLoopBackOff: 'Read the logs of its previous run; they usually name the cause.',
  ErrImagePull: 'Check the image’s name and tag, and the registry password if it needs one.',
  ImagePullBackOff: 'Check the image’s name and tag, and the registry password if it needs one.',
  InvalidImageName: 'Correct the image’s name in the manifest.',
  CreateContainerConfigError: 'Create the ConfigMap or Secret that it names, or correct the name.',
  CreateContainerError: 'Correct what the message names in the manifest.',
  RunContainerError: 'Correct the command or what the message names in the manifest.',
  ErrImageNeverPull: 'Put the image on the server, or let imagePullPolicy pull it.',
}

export function allContainerStatuses(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
}

export function restarts(pod: Pod): number {
  return allContainerStatuses(pod).reduce((sum, container) => sum + (container.restartCount ?? 0), 0)
}

/** The pod whose state speaks for all: the first that is wrong, else the first that is being worked on. */
export function worstPod(pods: Iterable<Pod>): Status | undefined {
  let worst: Status | undefined
  for (const pod of pods) {
    const status = podStatus(pod)
    if (status.state === 'wrong') return status
    if (status.state === 'working' && status.text !== 'Terminating') worst ??= status
  }
  return worst
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') ?? false
}

/**
 * A pod's state in the words of `kubectl get pods`, with the reason behind it.
 * Source: printPod in kubernetes/pkg/printers/internalversion/printers.go.
 */
export function podStatus(pod: Pod): Status {
  if (pod.metadata.deletionTimestamp) return { state: 'working', text: 'Terminating' }
  const phase = pod.status?.phase ?? 'Pending'
  if (pod.status?.reason === 'NodeLost' || phase === 'Unknown') {
    return {
      state: 'off',
      text: 'Unknown',
      reason: `Its server ${pod.spec.nodeName ?? ''} does not answer.`,
      next: 'See the Servers page for what is wrong with it.',
    }
  }
  return waiting(pod) ?? terminated(pod) ?? unscheduled(pod) ?? settled(pod, phase)
}

function waiting(pod: Pod): Status | undefined {
  for (const container of allContainerStatuses(pod)) {
    const state = container.state?.waiting
    if (!state?.reason) continue
    const next = STUCK[state.reason]
    // how it ended says more than that it did
    const reason =
      state.reason === 'CrashLoopBackOff'
        ? (lastExit(container) ?? state.message)
        : (state.message ?? lastExit(container))
    if (next) return { state: 'wrong', text: state.reason, next, ...(reason && { reason }) }
    if (state.reason === 'PodInitializing') continue
    return { state: 'working', text: state.reason, ...(reason && { reason }) }
  }
  return undefined
}

function lastExit(container: ContainerStatus): string | undefined {
  const last = container.lastState?.terminated
  return last && `Container ${container.name} ended: ${last.reason ?? 'Error'}, exit code ${last.exitCode}.`
}

function terminated(pod: Pod): Status | undefined {
  const failed = allContainerStatuses(pod).find(c => (c.state?.terminated?.exitCode ?? 0) !== 0)
  const state = failed?.state?.terminated
  if (!failed || !state) return undefined
  return {
    state: 'wrong',
    text: state.reason ?? 'Error',
    reason: state.message ?? `Container ${failed.name} ended with exit code ${state.exitCode}.`,
    next:
      state.reason === 'OOMKilled'
        ? 'Raise its memory limit, or find what uses the memory.'
        : 'Read its logs; they usually name the cause.',
  }
}

function unscheduled(pod: Pod): Status | undefined {
  const condition = pod.status?.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False')
  if (!condition) return undefined
  return {
    state: 'wrong',
    text: condition.reason === 'SchedulingGated' ? 'SchedulingGated' : 'Unschedulable',
    reason: condition.message ?? 'No server fits it.',
    next: 'Add a server, free room on one, or ask for less. It is placed as soon as one fits.',
  }
}

function settled(pod: Pod, phase: string): Status {
  if (phase === 'Succeeded') return { state: 'off', text: 'Completed' }
  if (phase === 'Failed') {
    const reason = pod.status?.message ?? undefined
    return { state: 'wrong', text: pod.status?.reason ?? 'Failed', ...(reason && { reason }) }
  }
  if (phase === 'Running' && isReady(pod)) return { state: 'ok', text: 'Running' }
  const condition = pod.status?.conditions?.find(c => c.type === 'ContainersReady' && c.status === 'False')
  if (phase === 'Running') {
    const reason = condition?.message ?? 'Its readiness probe has not succeeded yet.'
    return { state: 'working', text: 'Not ready', reason }
  }
  return initializing(pod) ?? { state: 'working', text: pod.spec.nodeName ? 'ContainerCreating' : 'Pending' }
}

/** While init containers run, one after the other: `Init:1/2`. */
function initializing({ status }: Pod): Status | undefined {
  const containers = status?.initContainerStatuses ?? []
  const current = containers.find(({ state }) => state?.terminated?.exitCode !== 0)
  if (!current?.state?.running) return undefined
  return {
    state: 'working',
    text: `Init:${containers.indexOf(current)}/${containers.length}`,
    reason: `Init container ${current.name} runs; what follows starts once it has ended.`,
  }
}

export const podRows: RowKind<Pod> = {
  resource: 'pods',
  title: 'Pods',
  about: 'A Pod is one running copy of a workload: one or more containers on one server, with one address.',
  empty: 'No pods. Apply a manifest with a Deployment in it, and its pods appear here.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(190px, 2.4fr)' },
    { id: 'namespace', minor: true, title: 'Namespace', width: 'minmax(90px, 1fr)' },
    { id: 'status', title: 'Status', width: 'minmax(150px, 2.6fr)' },
    { id: 'ready', title: 'Ready', width: '64px', hint: 'Containers that are ready, of all in the pod.' },
    { id: 'restarts', minor: true, title: 'Restarts', width: '76px', align: 'right' },
    { id: 'node', title: 'Server', width: 'minmax(90px, 1fr)' },
    { id: 'ip', minor: true, title: 'IP', width: '120px' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  status: podStatus,
  cells(pod) {
    const containers = pod.status?.containerStatuses ?? []
    const ready = containers.filter(container => container.ready).length
    return {
      name: { kind: 'pod-name', text: pod.metadata.name },
      namespace: text(pod.metadata.namespace),
      status: statusCell(podStatus(pod)),
      ready: { ...text(`${ready}/${pod.spec.containers.length}`), sort: ready },
      restarts: text(restarts(pod)),
      node: text(pod.spec.nodeName ?? undefined),
      ip: text(pod.status?.podIP ?? undefined, { mono: true }),
      age: age(pod.metadata.creationTimestamp),
    }
  },
  actions: () => [
    { id: 'logs', label: 'Logs' },
    { id: 'edit', label: 'Edit YAML' },
    { id: 'delete', label: 'Delete…', danger: true },
  ],
}
