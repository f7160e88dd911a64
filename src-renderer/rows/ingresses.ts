import type { Ingress } from '../../src-main/api/types.ts'
import { age, statusCell, text, type RowKind, type Status } from './row-kind.ts'

/** One rule of an Ingress: an address of the world, and the Service that answers there. */
export interface Route {
  /** `https://shop.example.com/cart`; a host that is any is `*`. */
  url: string
  secure: boolean
  /** Can be opened as it stands. */
  exact: boolean
  service: string
}

export function routesOf({ spec }: Ingress): Route[] {
  const secured = new Set((spec.tls ?? []).flatMap(({ hosts }) => hosts ?? []))
  const routes = (spec.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, backend }) =>
      route(host || '*', path || '/', backend.service?.name ?? '', secured.has(host ?? '')),
    ),
  )
  const other = spec.defaultBackend?.service?.name
  return other ? [...routes, route('*', '/', other, false)] : routes
}

function route(host: string, path: string, service: string, secure: boolean): Route {
  return { url: `${secure ? 'https' : 'http'}://${host}${path}`, secure, exact: !host.includes('*'), service }
}

export function ingressAddresses({ status }: Ingress): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(point => point.ip || point.hostname || '').filter(Boolean)
}

export function ingressStatus(ingress: Ingress): Status {
  if (ingress.metadata.deletionTimestamp) return { state: 'working', text: 'Terminating' }
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
    { id: 'status', title: 'Status', width: 'minmax(130px, 1.2fr)', hint: 'Servers that answer for it.' },
    { id: 'routes', title: 'Routes', width: 'minmax(180px, 3fr)' },
    { id: 'services', minor: true, title: 'Services', width: 'minmax(100px, 1fr)' },
    { id: 'addresses', minor: true, title: 'Addresses', width: 'minmax(120px, 1.2fr)' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  status: ingressStatus,
  cells(ingress) {
    const routes = routesOf(ingress)
    return {
      name: text(ingress.metadata.name),
      namespace: text(ingress.metadata.namespace),
      status: statusCell(ingressStatus(ingress)),
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
