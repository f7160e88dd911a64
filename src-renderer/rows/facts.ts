import type {
  Deployment,
  Event,
  KubeObject,
  Pod,
  ReplicaSet,
  Secret,
  Server,
} from '../../src-main/api/types.ts'
import { controllerOf } from '../data/ownership.ts'
import { images, podsOf } from './deployments.ts'
import { howReached, nodeOf, usage } from './servers.ts'
import { formatBytes, formatCores } from '../lib/quantity.ts'
import type { RowContext } from './row-kind.ts'

export interface Fact {
  label: string
  text: string
  mono?: boolean
}

type Facts<T> = (object: T, context: RowContext) => (Fact | false)[]

const fact = (label: string, text: unknown, mono = false): Fact | false =>
  text !== undefined && text !== null && text !== '' && text !== false && { label, text: String(text), mono }

const server: Facts<Server> = (object, context) => {
  const use = usage(object, context)
  const info = nodeOf(object, context)?.status?.nodeInfo
  return [
    fact('Reached as', howReached(object)),
    fact('Key', object.spec.ssh?.identityFile ?? (object.spec.ssh?.agent ? 'ssh-agent' : undefined), true),
    fact('Jump host', object.spec.ssh?.jump),
    fact('Host key', object.spec.ssh?.hostKey ?? object.status?.ssh?.hostKey, true),
    fact(
      'Docker',
      object.status?.engine && `${object.status.engine.version} (API ${object.status.engine.apiVersion})`,
    ),
    fact('System', info && [info.osImage, info.kernelVersion, info.architecture].filter(Boolean).join(', ')),
    fact(
      'CPU requested',
      use.cpu.allocatable > 0 &&
        `${formatCores(use.cpu.requested)} of ${formatCores(use.cpu.allocatable)} cores`,
    ),
    fact(
      'Memory requested',
      use.memory.allocatable > 0 &&
        `${formatBytes(use.memory.requested)} of ${formatBytes(use.memory.allocatable)}`,
    ),
  ]
}

const deployment: Facts<Deployment> = ({ spec, status }) => {
  const rolling = spec.strategy?.rollingUpdate
  return [
    fact(
      'Replicas',
      `${status?.readyReplicas ?? 0} ready, ${status?.updatedReplicas ?? 0} up to date, ${spec.replicas ?? 1} wanted`,
    ),
    fact('Image', images(spec.template), true),
    fact(
      'Strategy',
      spec.strategy?.type === 'Recreate'
        ? 'Recreate: stops all, then starts the new ones'
        : `RollingUpdate: at most ${rolling?.maxSurge ?? '25%'} more and ${rolling?.maxUnavailable ?? '25%'} fewer`,
    ),
    fact('Selector', labelsText(spec.selector?.matchLabels), true),
  ]
}

const pod: Facts<Pod> = ({ spec, status, metadata }) => [
  fact('Server', spec.nodeName),
  fact('IP', status?.podIP, true),
  fact('Owned by', ownerText({ metadata } as KubeObject)),
  fact('Restart policy', spec.restartPolicy),
  fact('Message', status?.message),
]

const replicaSet: Facts<ReplicaSet> = set => [
  fact('Owned by', ownerText(set)),
  fact('Replicas', `${set.status?.readyReplicas ?? 0} ready of ${set.spec.replicas ?? 1} wanted`),
  fact('Image', images(set.spec.template), true),
]

const event: Facts<Event> = ({ involvedObject, message, type, firstTimestamp, lastTimestamp, count }) => [
  fact('Type', type),
  fact(
    'About',
    [involvedObject.kind, [involvedObject.namespace, involvedObject.name].filter(Boolean).join('/')].join(
      ' ',
    ),
  ),
  fact('Message', message),
  fact('First seen', firstTimestamp),
  fact('Last seen', lastTimestamp),
  fact('Count', count),
]

const FACTS: Record<string, Facts<never>> = {
  Server: server,
  Deployment: deployment,
  Pod: pod,
  ReplicaSet: replicaSet,
  Event: event,
  Secret: ((secret: Secret) => [fact('Type', secret.type ?? 'Opaque')]) as Facts<never>,
}

/** What the drawer tells about an object, in reading order. */
export function factsOf(object: KubeObject, context: RowContext): Fact[] {
  const own = FACTS[object.kind]?.(object as never, context) ?? []
  return [...own, fact('Labels', labelsText(object.metadata.labels), true)].filter(entry => entry !== false)
}

/** The pods that belong to an object. */
export function podsOfObject(object: KubeObject, context: RowContext): Pod[] {
  const { cache } = context.collection<Pod>('pods')
  switch (object.kind) {
    case 'Server':
      return [...cache.group('node', object.metadata.name)]
    case 'Deployment':
      return podsOf(object as Deployment, context)
    case 'ReplicaSet':
      return [...cache.group('owner', object.metadata.uid)]
    default:
      return []
  }
}

function labelsText(labels: Record<string, string> | undefined | null): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

function ownerText(object: KubeObject): string | undefined {
  const owner = controllerOf(object)
  return owner && `${owner.kind} ${owner.name}`
}
