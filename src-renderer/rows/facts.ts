import type {
  Deployment,
  Event,
  Ingress,
  KubeObject,
  Pod,
  ReplicaSet,
  Secret,
  Server,
  Service,
} from '../../src-main/api/types.ts'
import { findResource, isResourceName, type ResourceName } from '../api/resources.ts'
import { nameKey } from '../data/object-cache.ts'
import { controllerOf } from '../data/ownership.ts'
import { images, podsOf } from './deployments.ts'
import { ingressAddresses, routesOf } from './ingresses.ts'
import { howReached, nodeOf, usage } from './servers.ts'
import { clusterAddress, endpointsOf, externalAddresses, portTexts } from './services.ts'
import { formatBytes, formatCores } from '../lib/quantity.ts'
import type { RowContext } from './row-kind.ts'

export interface Fact {
  label: string
  text: string
  mono?: boolean
  /** The object that the text names. */
  to?: ObjectName
}

/** An object that has a page. */
export interface ObjectName {
  resource: ResourceName
  /** Its `nameKey`. */
  key: string
}

type Facts<T> = (object: T, context: RowContext) => (Fact | false)[]

const fact = (label: string, text: unknown, mono = false): Fact | false =>
  text !== undefined && text !== null && text !== '' && text !== false && { label, text: String(text), mono }

/** A fact whose text is the name of another object. */
const named = (label: string, text: string | undefined | null, to: ObjectName | undefined): Fact | false =>
  Boolean(text) && { label, text: text ?? '', ...(to && { to }) }

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
  named('Server', spec.nodeName, { resource: 'servers', key: spec.nodeName ?? '' }),
  fact('IP', status?.podIP, true),
  owner({ metadata } as KubeObject),
  fact('Restart policy', spec.restartPolicy),
  fact('Message', status?.message),
]

const replicaSet: Facts<ReplicaSet> = set => [
  owner(set),
  fact('Replicas', `${set.status?.readyReplicas ?? 0} ready of ${set.spec.replicas ?? 1} wanted`),
  fact('Image', images(set.spec.template), true),
]

const event: Facts<Event> = ({ involvedObject, message, type, firstTimestamp, lastTimestamp, count }) => [
  fact('Type', type),
  named(
    'About',
    aboutText(involvedObject),
    objectName(involvedObject.apiVersion, involvedObject.kind, involvedObject),
  ),
  fact('Message', message),
  fact('First seen', firstTimestamp),
  fact('Last seen', lastTimestamp),
  fact('Count', count),
]

const service: Facts<Service> = object => {
  const { spec, metadata } = object
  return [
    fact('Type', spec.type ?? 'ClusterIP'),
    fact('Name for pods', `${metadata.name}.${metadata.namespace}`, true),
    fact('Address', clusterAddress(object), true),
    fact('Ports', portTexts(object).join('; ')),
    fact('From outside', externalAddresses(object).join(', '), true),
    fact('Sessions', spec.sessionAffinity === 'ClientIP' && 'a client stays with one pod'),
    fact('Selector', labelsText(spec.selector), true),
  ]
}

const ingress: Facts<Ingress> = object => [
  fact('Class', object.spec.ingressClassName),
  fact('Addresses', ingressAddresses(object).join(', '), true),
  fact(
    'Routes',
    routesOf(object)
      .map(route => `${route.url} → ${route.service}`)
      .join('\n'),
  ),
  fact('Certificates', (object.spec.tls ?? []).map(({ secretName }) => secretName ?? 'by ACME').join(', ')),
]

const FACTS: Record<string, Facts<never>> = {
  Server: server,
  Deployment: deployment,
  Pod: pod,
  ReplicaSet: replicaSet,
  Event: event,
  Service: service,
  Ingress: ingress,
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
    case 'Service':
      return endpointsOf(object as Service, context).flatMap(
        ({ podUid }) => (podUid && cache.get(podUid)) || [],
      )
    default:
      return []
  }
}

function labelsText(labels: Record<string, string> | undefined | null): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}

function owner(object: KubeObject): Fact | false {
  const controller = controllerOf(object)
  if (!controller) return false
  const { apiVersion, kind, name } = controller
  const { namespace } = object.metadata
  return named('Owned by', `${kind} ${name}`, objectName(apiVersion, kind, { name, namespace }))
}

function aboutText({ kind, namespace, name }: Event['involvedObject']): string {
  return [kind, [namespace, name].filter(Boolean).join('/')].join(' ')
}

/** Undefined for a kind that has no page. */
function objectName(
  apiVersion: string | undefined,
  kind: string | undefined,
  metadata: { name?: string | undefined; namespace?: string | undefined },
): ObjectName | undefined {
  const plural = findResource(apiVersion ?? '', kind ?? '')?.plural
  if (!plural || !isResourceName(plural) || !metadata.name) return undefined
  return { resource: plural, key: nameKey({ ...metadata, name: metadata.name }) }
}
