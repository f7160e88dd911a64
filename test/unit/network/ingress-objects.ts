import type { Ingress, IngressClass, Secret } from '../../../src-main/api/types.ts'

type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific'

export interface Rule {
  host?: string
  path?: string
  type?: PathType
  /** The Service. */
  to: string
  port?: { name?: string; number?: number }
}

export interface Extras {
  annotations?: Record<string, string>
  className?: string
  tls?: Ingress['spec']['tls']
  /** The default backend's Service. */
  fallback?: string
  created?: string
}

const metadata = (name: string, created = '2026-01-01T00:00:00Z') => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: created,
})

export function ingress(name: string, rules: readonly Rule[], extras: Extras = {}): Ingress {
  const { annotations, className, tls, fallback, created } = extras
  const backend = (to: string, port: Rule['port'] = { number: 80 }) => ({ service: { name: to, port } })
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata(name, created), ...(annotations ? { annotations } : {}) },
    spec: {
      ...(className ? { ingressClassName: className } : {}),
      ...(tls ? { tls } : {}),
      ...(fallback ? { defaultBackend: backend(fallback) } : {}),
      rules: rules.map(({ host, path = '/', type = 'Prefix', to, port }) => ({
        ...(host ? { host } : {}),
        http: { paths: [{ path, pathType: type, backend: backend(to, port) }] },
      })),
    },
  } as Ingress
}

export function ingressClass(name: string, controller: string, isDefault = false): IngressClass {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: {
      ...metadata(name),
      annotations: isDefault ? { 'ingressclass.kubernetes.io/is-default-class': 'true' } : {},
    },
    spec: { controller },
  } as IngressClass
}

export function secret(name: string, values: Record<string, string>): Secret {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(name), data } as Secret
}

export interface Request {
  host: string
  path: string
  secure?: boolean
  headers?: Record<string, string>
}

interface Handler {
  handler: string
  routes?: Route[]
  status_code?: string
  upstreams?: { dial: string }[]
}

interface Route {
  match?: Record<string, unknown>[]
  handle: Handler[]
  terminal?: boolean
  group?: string
}

/**
 * Follows a request through the routes of a plan as Caddy does (lab tests ask Caddy itself).
 * @returns the Service that gets it, or the status of Caddy's own answer
 */
export function ask(files: Record<string, string>, request: Request): string | number {
  const config = JSON.parse(files['caddy.json'] ?? '{}') as {
    apps: { http: { servers: Record<string, { routes: Route[] }> } }
  }
  const server = config.apps.http.servers[request.secure ? 'https' : 'http']
  const end = follow(server?.routes ?? [], request)
  if (!end) throw new Error('the routes have no end')
  if (end.handler === 'static_response') return Number(end.status_code)
  return podOf(files, end.upstreams?.[0]?.dial ?? '')
}

/** The pods that a port of a backend leads to, `10.244.0.5`. */
export function podsAt(files: Record<string, string>, port: string): string[] {
  const chain = files['backends.nft']?.split(`chain to-${port} {`)[1]?.split('}\n')[0] ?? ''
  return [...chain.matchAll(/ : ([\d.]+) \. (\d+)/g)].map(([, ip]) => ip ?? '')
}

const PODS: Record<string, string> = { 2: 'web', 3: 'api', 4: 'other', 5: 'canary' }

function podOf(files: Record<string, string>, dial: string): string {
  const port = dial.split(':')[1]
  const [pod] = podsAt(files, port ?? '')
  return PODS[pod?.split('.').at(-1) ?? ''] ?? dial
}

function follow(routes: readonly Route[], request: Request): Handler | undefined {
  const groups = new Set<string>()
  for (const route of routes) {
    if (route.match && !route.match.some(each => matches(each, request))) continue
    if (route.group !== undefined) {
      if (groups.has(route.group)) continue
      groups.add(route.group)
    }
    for (const handler of route.handle) {
      if (handler.handler === 'static_response' || handler.handler === 'reverse_proxy') return handler
      const end = handler.routes && follow(handler.routes, request)
      if (end) return end
    }
  }
  return undefined
}

function matches(match: Record<string, unknown>, request: Request): boolean {
  const { host, path, headers = {} } = request
  return Object.entries(match).every(([kind, value]) => {
    if (kind === 'host') return (value as string[]).some(name => matchesHost(name, host.toLowerCase()))
    if (kind === 'path_regexp') {
      const { pattern } = value as { pattern: string }
      return new RegExp(pattern.replace('(?i)', ''), pattern.startsWith('(?i)') ? 'i' : '').test(path)
    }
    if (kind === 'header') {
      return Object.entries(value as Record<string, string[]>).every(([name, wanted]) =>
        wanted.some(each => headers[name] !== undefined && (each === '*' || each === headers[name])),
      )
    }
    // of parts/ingress.sh, for a generation that ends
    if (kind === 'file') return false
    if (kind === 'not') return !(value as Record<string, unknown>[]).some(each => matches(each, request))
    throw new Error(`no idea of the matcher ${kind}`)
  })
}

function matchesHost(name: string, host: string): boolean {
  return name === host || (name.startsWith('*.') && name === host.replace(/^[^.]+/, '*'))
}
