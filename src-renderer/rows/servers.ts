import type { Node, Pod, Server } from '../../src-main/api/types.ts'
import { amount, formatBytes, formatCores } from '../lib/quantity.ts'
import { age, statusCell, text, type Cell, type RowContext, type RowKind, type Status } from './row-kind.ts'

/** Set on a Server until a person has confirmed its host key: nothing is scheduled there meanwhile. */
export const HOST_KEY_UNCONFIRMED = 'coxswain.io/host-key-unconfirmed'

export function isUnconfirmed(server: Server): boolean {
  return server.metadata.annotations?.[HOST_KEY_UNCONFIRMED] === 'true'
}

const CONDITIONS = ['Connected', 'DockerReady', 'Claimed'] as const

/** Whether it is connected and its Docker is ours to use. */
export function isAnswering(server: Server): boolean {
  return CONDITIONS.every(type =>
    server.status?.conditions?.some(condition => condition.type === type && condition.status === 'True'),
  )
}

export function howReached(server: Server): string {
  const { ssh, local, simulated } = server.spec
  if (local) return 'this computer'
  if (simulated) return 'simulated'
  if (!ssh) return ''
  // whom `~/.ssh/config` names is not known here
  return `${ssh.user ? `${ssh.user}@` : ''}${ssh.host}${ssh.port && ssh.port !== 22 ? `:${ssh.port}` : ''}`
}

export function nodeOf(server: Server, context: RowContext): Node | undefined {
  return context.collection<Node>('nodes').cache.byName(server.metadata.name)
}

/** The first condition that is not met speaks: later ones only follow from it. */
export function serverStatus(server: Server, context: RowContext): Status {
  if (server.metadata.deletionTimestamp) return { state: 'working', text: 'Removing' }
  const conditions = CONDITIONS.map(type => server.status?.conditions?.find(entry => entry.type === type))
  const failed = conditions.find(entry => entry?.status === 'False' && entry.reason !== 'Connecting')
  if (failed) return { state: 'wrong', text: failed.reason, reason: failed.message }
  for (const condition of conditions) {
    if (condition?.status !== 'True') {
      return {
        state: 'working',
        text: 'Connecting',
        ...(condition?.message && { reason: condition.message }),
      }
    }
  }
  if (isUnconfirmed(server)) {
    return {
      state: 'working',
      text: 'Confirm host key',
      reason: `It answered with the host key ${server.status?.ssh?.hostKey ?? '(not seen yet)'}.`,
      next: 'Compare the fingerprint with the server’s own, then confirm it. No pod is placed there until then.',
    }
  }
  return nodeStatus(nodeOf(server, context))
}

function nodeStatus(node: Node | undefined): Status {
  const ready = node?.status?.conditions?.find(condition => condition.type === 'Ready')
  if (!ready) return { state: 'working', text: 'Joining', reason: 'Its Node has not reported yet.' }
  if (ready.status !== 'True') {
    return { state: 'wrong', text: 'Not ready', reason: ready.message ?? 'Its Node is not ready.' }
  }
  if (node?.spec.unschedulable) {
    return {
      state: 'off',
      text: 'Ready, cordoned',
      reason: 'It runs its pods but takes no new ones.',
      next: 'Uncordon it when it may.',
    }
  }
  return { state: 'ok', text: 'Ready' }
}

export interface Usage {
  requested: number
  allocatable: number
}

/** What the pods on a node ask for, beside what it can give: cores and bytes. */
export function usage(server: Server, context: RowContext): { cpu: Usage; memory: Usage; pods: Usage } {
  const allocatable = nodeOf(server, context)?.status?.allocatable ?? {}
  const pods = [...context.collection<Pod>('pods').cache.group('node', server.metadata.name)].filter(
    pod => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
  )
  const requested = (resource: string) =>
    pods.reduce(
      (sum, pod) =>
        sum +
        pod.spec.containers.reduce(
          (of, container) => of + amount(container.resources?.requests?.[resource]),
          0,
        ),
      0,
    )
  return {
    cpu: { requested: requested('cpu'), allocatable: amount(allocatable['cpu']) },
    memory: { requested: requested('memory'), allocatable: amount(allocatable['memory']) },
    pods: { requested: pods.length, allocatable: amount(allocatable['pods']) },
  }
}

function bar(of: Usage, format: (value: number) => string): Cell {
  if (!of.allocatable) return text(undefined)
  const part = Math.min(1, of.requested / of.allocatable)
  return { kind: 'bar', part, text: `${format(of.requested)} / ${format(of.allocatable)}`, sort: part }
}

export const serverRows: RowKind<Server> = {
  resource: 'servers',
  title: 'Servers',
  about:
    'A Server is a machine with SSH and Docker that runs pods. Each connected one has a Node of the same name.',
  empty: 'No servers yet. Add one, use this computer’s Docker, or open the playground.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(110px, 1.3fr)' },
    { id: 'status', title: 'Status', width: 'minmax(180px, 2.6fr)' },
    { id: 'reached', minor: true, title: 'Reached as', width: 'minmax(120px, 1.4fr)' },
    {
      id: 'cpu',
      title: 'CPU requested',
      width: 'minmax(120px, 1fr)',
      hint: 'Cores that its pods ask for, of those it has.',
    },
    {
      id: 'memory',
      title: 'Memory requested',
      width: 'minmax(140px, 1.2fr)',
      hint: 'Memory that its pods ask for, of what it has.',
    },
    { id: 'pods', minor: true, title: 'Pods', width: '56px', align: 'right' },
    { id: 'engine', minor: true, title: 'Docker', width: '112px' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  related: {
    nodes: (node: Node) => node.metadata.name,
    pods: (pod: Pod) => pod.spec.nodeName ?? undefined,
  },
  status: serverStatus,
  cells(server, context) {
    const use = usage(server, context)
    return {
      name: text(server.metadata.name),
      status: statusCell(serverStatus(server, context)),
      reached: text(howReached(server)),
      cpu: bar(use.cpu, formatCores),
      memory: bar(use.memory, formatBytes),
      pods: text(use.pods.requested),
      engine: text(server.status?.engine?.version),
      age: age(server.metadata.creationTimestamp),
    }
  },
  actions: (server, context) => [
    ...(isUnconfirmed(server) ? [{ id: 'confirm-host-key', label: 'Confirm host key…' } as const] : []),
    { id: 'edit', label: 'Edit YAML' },
    nodeOf(server, context)?.spec.unschedulable
      ? { id: 'uncordon', label: 'Uncordon: new pods again' }
      : { id: 'cordon', label: 'Cordon: no new pods' },
    { id: 'remove-server', label: 'Remove…', danger: true },
  ],
}
