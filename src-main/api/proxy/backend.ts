import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { badRequest, StatusError } from '../../lib/errors.ts'
import type { ApiRequest } from '../http/exchange.ts'
import { requireObject } from '../http/read.ts'
import type { ResourceTarget } from '../http/target.ts'
import { EndpointSliceKind } from '../kinds/endpoint-slice.ts'
import { PodKind } from '../kinds/pod.ts'
import { ServiceKind } from '../kinds/service.ts'
import { portOf } from '../streams/port-forward.ts'
import type { EndpointSlice, Pod, Service } from '../types.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'

/** Where a proxied request goes. */
export interface Backend {
  /** What came before the path at the pod: `/api/v1/namespaces/shop/services/web:80/proxy`. */
  prefix: string
  /** Of how many segments that is. */
  depth: number
  dial(): Promise<Duplex>
}

/** `[https:]NAME[:PORT]`, as Kubernetes writes it in the address. */
interface ProxyName {
  scheme: string
  name: string
  port: string
}

/**
 * Finds the pod behind `pods/NAME/proxy` or `services/NAME/proxy`.
 * Source: kubernetes pkg/registry/core/{pod,service}, ResourceLocation.
 * @throws StatusError BadRequest, NotFound; ServiceUnavailable when nothing could answer
 */
export function backendOf(request: ApiRequest, target: ResourceTarget): Backend {
  const given = readName(target.name)
  const named = { ...target, name: given.name }
  const { pod, port } =
    target.kind.plural === ServiceKind.plural
      ? behindService(request, requireObject(request, named) as Service, given)
      : behindPod(requireObject(request, named) as Pod, given)
  const { streams } = request.services
  if (!streams?.portForward) throw unavailable('this server has no pods that could be reached')
  const forward = streams.portForward.bind(streams)
  const segments = request.path.slice(0, DEPTH)
  return {
    prefix: `/${segments.map(encodeURIComponent).join('/')}`,
    depth: DEPTH,
    async dial() {
      const connection = await forward(pod, port)
      return given.scheme === 'https' ? overTls(connection) : connection
    },
  }
}

/** `api/v1/namespaces/NS/pods/NAME/proxy`: what follows is the pod's business. */
const DEPTH = 7

function readName(text: string): ProxyName {
  const parts = text.split(':')
  if (parts.length > 3) throw badRequest(`invalid proxy request ${JSON.stringify(text)}`)
  const [scheme, name, port] = parts.length === 3 ? parts : ['', parts[0], parts[1] ?? '']
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') {
    throw badRequest(`invalid proxy request ${JSON.stringify(text)}: the scheme must be http or https`)
  }
  return { scheme, name: name ?? '', port: port ?? '' }
}

function behindPod(pod: Pod, { port: asked }: ProxyName): { pod: Pod; port: number } {
  const { metadata, spec, status } = pod
  const first = spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort
  const port = asked === '' ? first : portOf(asked)
  if (port === undefined) {
    throw badRequest(
      asked === ''
        ? `pod ${metadata.name} names no port: say which one, as in pods/${metadata.name}:80/proxy`
        : `invalid port ${JSON.stringify(asked)}`,
    )
  }
  if (!spec.nodeName || status?.phase !== 'Running') {
    throw unavailable(`pod ${metadata.name} is not running`)
  }
  return { pod, port }
}

/** One of the ready pods behind a port of a service, by chance. */
function behindService(
  { services: { registry } }: ApiRequest,
  { metadata: { name, namespace }, spec }: Service,
  { port: asked }: ProxyName,
): { pod: Pod; port: number } {
  const ports = spec.ports ?? []
  const port =
    asked === ''
      ? (ports.find(known => !known.name) ?? ports[0])
      : ports.find(known => known.name === asked || String(known.port) === asked)
  if (!port) throw unavailable(`no service port ${JSON.stringify(asked)} found for service "${name}"`)
  const slices = registry
    .list(EndpointSliceKind, { namespace })
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name)
  const found = slices.flatMap(slice => readyPods(slice, port.name ?? ''))
  const pods = found.flatMap(({ pod, at }) => {
    const object = registry.get(PodKind, pod, namespace)
    return object ? [{ pod: object, port: at }] : []
  })
  const chosen = pods[Math.floor(Math.random() * pods.length)]
  if (chosen) return chosen
  throw unavailable(
    slices.some(({ endpoints }) => (endpoints ?? []).length > 0)
      ? `no endpoints available for service "${name}": none of its endpoints is a ready pod`
      : `no endpoints available for service "${name}"`,
  )
}

function readyPods(
  { ports = [], endpoints }: EndpointSlice,
  portName: string,
): { pod: string; at: number }[] {
  const at = ports.find(({ name = '' }) => name === portName)?.port
  if (at === undefined) return []
  return (endpoints ?? []).flatMap(({ conditions, targetRef }) =>
    conditions?.ready !== false && targetRef?.kind === 'Pod' && targetRef.name
      ? [{ pod: targetRef.name, at }]
      : [],
  )
}

/** As kube-apiserver: a pod's certificate is not checked, for nobody has vouched for it. */
function overTls(connection: Duplex): Duplex {
  const socket = connectTls({ socket: connection, rejectUnauthorized: false })
  socket.once('close', () => connection.destroy())
  return socket
}

function unavailable(why: string): StatusError {
  return new StatusError('ServiceUnavailable', why)
}
