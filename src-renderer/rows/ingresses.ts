import type { Ingress, Service } from '../../src-main/api/types.ts'
import { nameKey } from '../data/object-cache.ts'
import { age, statusCell, text, type RowContext, type RowKind, type Status } from './row-kind.ts'
import { serviceStatus } from './services.ts'

/** One rule of an Ingress: an address of the world, and the Service that answers there. */
export interface Route {
  /** `https://shop.example.com/cart`; a host that is any is `*`. */
  url: string
  secure: boolean
  /** Can be opened as it stands. */
  exact: boolean
  service: string
  /** Name or number. */
  port?: string | number
}

export function routesOf({ spec }: Ingress): Route[] {
  const secured = new Set((spec.tls ?? []).flatMap(({ hosts }) => hosts ?? []))
  const routes = (spec.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, backend }) =>
      route(host || '*', path || '/', backend, secured.has(host ?? '')),
    ),
  )
  const other = spec.defaultBackend
  return other?.service ? [...routes, route('*', '/', other, false)] : routes
}

type Backend = NonNullable<Ingress['spec']['defaultBackend']>

function route(host: string, path: string, { service }: Backend, secure: boolean): Route {
  const port = service?.port?.name ?? service?.port?.number
  return {
    url: `${secure ? 'https' : 'http'}://${host}${path}`,
    secure,
    exact: !host.includes('*'),
    service: service?.name ?? '',
    ...(port && { port }),
  }
}

/** Of the first route that nothing answers: why, and what to do. */
function deadRoute(ingress: Ingress, context: RowContext): Status | undefined {
  const { namespace } = ingress.metadata
  const services = context.collection<Service>('services').cache
  // the API's own Service is always there: none at all is a list that has not come yet
  if (services.size === 0) return undefined
  for (const { url, service: name, port } of routesOf(ingress)) {
    if (!name) continue
    const service = services.byName(nameKey({ namespace, name }))
    if (!service) {
      return {
        state: 'wrong',
        text: 'No Service',
        reason: `${url} leads to the Service ${name}, and there is none of that name in ${namespace}.`,
        next: 'Apply a Service of that name, or name another one in the Ingress.',
      }
    }
    const ports = service.spec.ports ?? []
    if (port !== undefined && !ports.some(entry => entry.port === port || entry.name === port)) {
      return {
        state: 'wrong',
        text: 'No such port',
        reason: `${url} leads to port ${port} of the Service ${name}, which has ${ports.map(entry => entry.port).join(', ') || 'no port'}.`,
        next: 'Name one of its ports in the Ingress.',
      }
    }
    const { state, reason } = serviceStatus(service, context)
    if (state === 'wrong') {
      return {
        state: 'wrong',
        text: 'No endpoint',
        reason: `${url} is answered with 502. Service ${name}: ${reason ?? 'no pod answers.'}`,
        next: `See the Service ${name}.`,
      }
    }
  }
  return undefined
}

export function ingressAddresses({ status }: Ingress): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '').filter(Boolean)
}

export function ingressStatus(ingress: Ingress, context: RowContext): Status {
  if (ingress.metadata.deletionTimestamp) return { state: 'working', text: 'Terminating' }
  const dead = deadRoute(ingress, context)
  if (dead) return dead
  const count = ingressAddresses(ingress).length
  if (count > 0) return { state: 'ok', text: count === 1 ? 'On 1 server' : `On ${count} servers` }
  return {
    state: 'off',
    text: 'No address',
    reason: 'No server serves it: simulated servers do not, nor does Coxswain for another ingress class.',
    next: 'Its events say what is wrong with it, if anything is.',
  }
}

export const ingressRows: RowKind<Ingress> = {
  resource: 'ingresses',
  title: 'Ingresses',
  about: 'An Ingress brings requests of the world to Services, by host name and path.',
  empty: 'No ingresses. Apply a manifest with one, and its host names are served on every server.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(130px, 1.4fr)' },
    { id: 'namespace', minor: true, title: 'Namespace', width: 'minmax(90px, 1fr)' },
    { id: 'status', title: 'Status', width: 'minmax(150px, 2fr)', hint: 'Servers that answer for it.' },
    { id: 'routes', title: 'Routes', width: 'minmax(180px, 2.4fr)' },
    { id: 'services', minor: true, title: 'Services', width: 'minmax(100px, 1fr)' },
    { id: 'addresses', minor: true, title: 'Addresses', width: 'minmax(120px, 1.2fr)' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  related: { services: 'all', endpointslices: 'all' },
  status: ingressStatus,
  cells(ingress, context) {
    const routes = routesOf(ingress)
    return {
      name: text(ingress.metadata.name),
      namespace: text(ingress.metadata.namespace),
      status: statusCell(ingressStatus(ingress, context)),
      routes: text(routes.map(({ url }) => url).join(', ')),
      services: text([...new Set(routes.map(({ service }) => service))].filter(Boolean).join(', ')),
      addresses: text(ingressAddresses(ingress).join(', '), { mono: true }),
      age: age(ingress.metadata.creationTimestamp),
    }
  },
  actions: () => [
    { id: 'edit', label: 'Edit YAML' },
    { id: 'delete', label: 'Delete…', danger: true },
  ],
}
