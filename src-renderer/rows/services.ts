import type { EndpointSlice, Service } from '../../src-main/api/types.ts'
import { nameKey } from '../data/object-cache.ts'
import { serviceKeyOf } from '../data/ownership.ts'
import { age, statusCell, text, type RowContext, type RowKind, type Status } from './row-kind.ts'

export interface Endpoint {
  /** Absent: an address outside the cluster. */
  podUid?: string
  ready: boolean
}

/** Where a Service sends to; a slice a port family would name the same pod twice. */
export function endpointsOf({ metadata }: Service, context: RowContext): Endpoint[] {
  const slices = context.collection<EndpointSlice>('endpointslices').cache.group('service', nameKey(metadata))
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    for (const { addresses, conditions, targetRef } of slice.endpoints ?? []) {
      found.set(targetRef?.uid ?? addresses.join(), {
        ready: conditions?.ready !== false,
        ...(targetRef?.uid && { podUid: targetRef.uid }),
      })
    }
  }
  return [...found.values()]
}

export function serviceStatus(service: Service, context: RowContext): Status {
  const { spec, metadata } = service
  if (metadata.deletionTimestamp) return { state: 'working', text: 'Terminating' }
  if (spec.type === 'ExternalName') return { state: 'ok', text: 'Another name' }
  const endpoints = endpointsOf(service, context)
  const ready = endpoints.filter(endpoint => endpoint.ready).length
  if (ready > 0) return { state: 'ok', text: ready === 1 ? '1 endpoint' : `${ready} endpoints` }
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  if (selector.length === 0) {
    return {
      state: 'off',
      text: 'No endpoint',
      reason: 'It selects no pods: its EndpointSlices are yours to write.',
    }
  }
  return {
    state: 'wrong',
    text: 'No endpoint',
    reason:
      endpoints.length > 0
        ? `None of its ${endpoints.length} pods is ready.`
        : `No pod in ${metadata.namespace} has the labels ${selector.join(', ')}.`,
    next:
      endpoints.length > 0
        ? 'See below why its pods are not ready.'
        : 'Compare its selector with the labels in the pod template.',
  }
}

/** `80 → http`, with the node port where there is one. */
export function portTexts({ spec }: Service): string[] {
  return (spec.ports ?? []).map(({ name, port, targetPort, protocol, nodePort }) => {
    const to = targetPort !== undefined && targetPort !== port ? ` → ${targetPort}` : ''
    const kind = protocol && protocol !== 'TCP' ? ` ${protocol}` : ''
    const label = name && name !== String(targetPort) ? `${name} ` : ''
    return `${label}${port}${to}${kind}${nodePort ? `, ${nodePort} on every server` : ''}`
  })
}

/** Addresses that reach it from outside the cluster, but for node ports. */
export function externalAddresses({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '')
  return [...balanced, ...(spec.externalIPs ?? [])].filter(Boolean)
}

export function clusterAddress({ spec }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  return spec.clusterIP === 'None' ? 'none (headless)' : (spec.clusterIP ?? '')
}

export const serviceRows: RowKind<Service> = {
  resource: 'services',
  title: 'Services',
  about: 'A Service is one name and address for all ready pods that have its labels.',
  empty: 'No services. Apply a manifest with one, and pods find each other by its name.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(130px, 1.6fr)' },
    { id: 'namespace', minor: true, title: 'Namespace', width: 'minmax(90px, 1fr)' },
    { id: 'status', title: 'Status', width: 'minmax(130px, 2fr)', hint: 'Ready pods that it sends to.' },
    { id: 'type', title: 'Type', width: 'minmax(100px, 0.8fr)' },
    { id: 'address', title: 'Address', width: 'minmax(120px, 1fr)', hint: 'Where pods reach it.' },
    { id: 'ports', title: 'Ports', width: 'minmax(130px, 1.6fr)' },
    { id: 'external', minor: true, title: 'From outside', width: 'minmax(120px, 1fr)' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  related: { endpointslices: serviceKeyOf },
  status: serviceStatus,
  cells(service, context) {
    return {
      name: text(service.metadata.name),
      namespace: text(service.metadata.namespace),
      status: statusCell(serviceStatus(service, context)),
      type: text(service.spec.type ?? 'ClusterIP'),
      address: text(clusterAddress(service), { mono: true }),
      ports: text(portTexts(service).join('; ')),
      external: text(externalAddresses(service).join(', '), { mono: true }),
      age: age(service.metadata.creationTimestamp),
    }
  },
  actions: () => [
    { id: 'edit', label: 'Edit YAML' },
    { id: 'delete', label: 'Delete…', danger: true },
  ],
}
