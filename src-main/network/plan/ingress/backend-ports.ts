import type { Service } from '../../../api/types.ts'
import { endpointsOf } from '../service-ports.ts'
import type { Endpoint } from '../service-model.ts'
import type { Backends } from './model.ts'

type Port = NonNullable<Service['spec']['ports']>[number]

/** What Caddy connects to. */
export type Target =
  /** One of our own backends: `id` is `namespace/name:port`. */
  | { kind: 'backend'; id: string }
  /** A host outside the cluster. */
  | { kind: 'outside'; address: string }

export interface ResolvedBackend {
  target: Target
  service: Service
  port: Port
}

/** `namespace/name` of a backend's id. */
export function serviceOf(id: string): string {
  return id.slice(0, id.lastIndexOf(':'))
}

/** How an Ingress names a port of a Service. */
export interface BackendName {
  namespace: string
  service: string
  port: { name?: string; number?: number }
}

/** The Service's port, or in a sentence what is missing. */
export function resolveBackend(
  { namespace, service: name, port }: BackendName,
  { services }: Backends,
): ResolvedBackend | string {
  const service = services.get(`${namespace}/${name}`)
  if (!service) return `There is no Service ${name} in ${namespace}.`
  const { ports = [], type, externalName = '' } = service.spec
  if (type === 'ExternalName') {
    const number = port.number ?? ports.find(each => each.name === port.name)?.port
    if (number === undefined) return `The Service ${name} has no port ${port.name}.`
    return {
      target: { kind: 'outside', address: `${externalName}:${number}` },
      service,
      port: { port: number },
    }
  }
  const found = ports.find(each => (port.name ? each.name === port.name : each.port === port.number))
  if (!found) {
    const known = ports.map(each => [each.name, each.port].filter(Boolean).join(' ')).join(', ')
    return `The Service ${name} has no port ${port.name ?? port.number}; it has ${known || 'none'}.`
  }
  return {
    target: { kind: 'backend', id: `${namespace}/${name}:${found.name || found.port}` },
    service,
    port: found,
  }
}

/** Ready pods of a backend. */
export function endpointsOfBackend({ service, port }: ResolvedBackend, { slices }: Backends): Endpoint[] {
  const { namespace, name } = service.metadata
  return endpointsOf(slices.get(`${namespace}/${name}`) ?? [], port.name ?? '', 'tcp')
}
