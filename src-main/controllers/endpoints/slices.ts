import { ServiceKind } from '../../api/kinds/service.ts'
import type { Endpoints, EndpointSlice, NewObject, Service } from '../../api/types.ts'
import { controllerReference } from '../runtime/ownership.ts'
import type { EndpointPort, PodEndpoint } from './pod-endpoints.ts'

export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
/** In slices of Kubernetes' own name, tools find what they know. */
export const SLICE_MANAGER = 'endpointslice-controller.k8s.io'
export const MIRROR_MANAGER = 'endpointslicemirroring-controller.k8s.io'

const PER_SLICE = 100
/** Kubernetes names an Endpoints object of more addresses `truncated`. */
const PER_ENDPOINTS = 1_000
/** Of an Endpoints object that a person wrote, as in Kubernetes (`--mirroring-max-endpoints-per-subset`). */
const PER_SUBSET = 1_000

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number]

/** The slices of a Service: one set of ports each, at most 100 endpoints each, the same names at every call. */
export function sliceObjects(
  service: Service,
  endpoints: readonly PodEndpoint[],
): NewObject<EndpointSlice>[] {
  return [...byPorts(endpoints).values()].flatMap(({ ports, members }, group) =>
    chunks(members).map((chunk, index) =>
      slice(service, {
        suffix: `${group}-${index}`,
        manager: SLICE_MANAGER,
        ports,
        endpoints: chunk.map(sliceEndpoint),
      }),
    ),
  )
}

/** The slices that mirror an Endpoints object, which a person wrote for a Service without a selector. */
export function mirroredSlices(service: Service, { subsets }: Endpoints): NewObject<EndpointSlice>[] {
  return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, group) => {
    const all = [
      ...addresses.map(address => ({ ...address, ready: true })),
      ...notReadyAddresses.map(address => ({ ...address, ready: false })),
    ]
    const endpoints = all.slice(0, PER_SUBSET).map(({ ip, hostname, nodeName, ready }) => ({
      addresses: [ip],
      conditions: { ready },
      ...(hostname ? { hostname } : {}),
      ...(nodeName ? { nodeName } : {}),
    }))
    const named = ports.map(({ name = '', port, protocol = 'TCP' }) => ({
      name,
      port,
      protocol: protocol as EndpointPort['protocol'],
    }))
    return chunks(endpoints).map((chunk, index) =>
      slice(service, {
        suffix: `${group}-${index}`,
        manager: MIRROR_MANAGER,
        ports: named,
        endpoints: chunk,
      }),
    )
  })
}

/** The older form, one object a Service. */
export function endpointsObject(service: Service, endpoints: readonly PodEndpoint[]): NewObject<Endpoints> {
  const publish = service.spec.publishNotReadyAddresses === true
  const shown = endpoints.filter(({ terminating }) => publish || !terminating).slice(0, PER_ENDPOINTS)
  const subsets = [...byPorts(shown).values()].map(({ ports, members }) => {
    const addresses = (ready: boolean) =>
      members
        .filter(endpoint => endpoint.ready === ready)
        .map(({ ip, hostname, nodeName, pod }) => ({
          ip,
          ...(hostname ? { hostname } : {}),
          ...(nodeName ? { nodeName } : {}),
          targetRef: { kind: 'Pod', ...pod },
        }))
    const [ready, notReady] = [addresses(true), addresses(false)]
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(ports.length > 0
        ? { ports: ports.map(({ name, ...port }) => ({ ...(name ? { name } : {}), ...port })) }
        : {}),
    }
  })
  const { name, namespace, labels } = service.metadata
  return {
    metadata: { name, namespace, ...(labels ? { labels } : {}) },
    ...(subsets.length > 0 ? { subsets } : {}),
  }
}

interface PortGroup {
  ports: readonly EndpointPort[]
  members: PodEndpoint[]
}

function byPorts(endpoints: readonly PodEndpoint[]): Map<string, PortGroup> {
  const groups = new Map<string, PortGroup>()
  const keys = new Map<readonly EndpointPort[], string>()
  for (const endpoint of endpoints) {
    const key = keys.get(endpoint.ports) ?? JSON.stringify(endpoint.ports)
    keys.set(endpoint.ports, key)
    const group = groups.get(key)
    if (group) group.members.push(endpoint)
    else groups.set(key, { ports: endpoint.ports, members: [endpoint] })
  }
  return groups
}

function sliceEndpoint({
  ip,
  hostname,
  nodeName,
  pod,
  ready,
  serving,
  terminating,
}: PodEndpoint): SliceEndpoint {
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: { kind: 'Pod', ...pod },
  }
}

interface SliceParts {
  suffix: string
  manager: string
  ports: readonly EndpointPort[]
  endpoints: SliceEndpoint[]
}

function slice(
  service: Service,
  { suffix, manager, ports, endpoints }: SliceParts,
): NewObject<EndpointSlice> {
  const { name, namespace, labels } = service.metadata
  return {
    metadata: {
      // no Service's name has a dot: no other one's slices are called so, as those of `db-mirror` could be
      name: `${name}${manager === MIRROR_MANAGER ? '.mirror' : ''}-${suffix}`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: manager },
      ownerReferences: [controllerReference(ServiceKind, service)],
    },
    addressType: 'IPv4',
    ports: [...ports],
    endpoints,
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / PER_SLICE) }, (_, index) =>
    items.slice(index * PER_SLICE, (index + 1) * PER_SLICE),
  )
}
