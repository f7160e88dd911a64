import type { Ingress } from '../../../api/types.ts'
import { goRegExp, GoRegExpError } from '../../../api/validation/go-regexp.ts'
import { Annotations } from './annotations.ts'
import type { BackendName } from './backend-ports.ts'
import { keyOf, type IngressProblem, type Tell } from './model.ts'

type Backend = NonNullable<Ingress['spec']['defaultBackend']>

/** How a path of a request is compared: whole, by its elements, or by nginx's regular expression. */
export type PathType = 'Exact' | 'Prefix' | 'Regex'

/** Part of the traffic of another route. */
export interface Canary {
  ingress: Ingress
  backend: BackendName | undefined
  /** Percent. */
  weight: number
  /** Requests with this header go there, or never do. */
  header?: { name: string; value?: string }
}

/** One path of one host, and the Ingress that it belongs to. */
export interface PathRoute {
  ingress: Ingress
  annotations: Annotations
  path: string
  type: PathType
  /** Undefined: something that is no Service. */
  backend: BackendName | undefined
  canary?: Canary
}

/** A host with its paths, the one that is looked at first in front. An empty name: every host. */
export interface HostRoutes {
  host: string
  paths: PathRoute[]
  fallback?: PathRoute
}

/**
 * What every request is led by: the longest path of its host, an exact one before a prefix, then the default backend of
 * the host. Exact hosts come before wildcards, which come before the rules for every host.
 */
export function routesOf(ingresses: readonly Ingress[], problems: IngressProblem[]): HostRoutes[] {
  const hosts = new Map<string, HostRoutes>()
  const taken: TakenPaths = new Map()
  const canaries: { host: string; route: PathRoute; canary: Canary }[] = []
  for (const ingress of ingresses) {
    const tell: Tell = (reason, message) => problems.push({ ingress, reason, message })
    const annotations = new Annotations(ingress, tell)
    const canary = canaryOf(ingress, annotations)
    for (const { host, route } of pathsOf(ingress, annotations)) {
      if (canary) canaries.push({ host, route, canary: { ...canary, backend: route.backend } })
      else addPath(hostOf(hosts, host), route, { taken, tell })
    }
    if (!canary) addFallback(hosts, ingress, annotations)
  }
  for (const each of canaries) addCanary(taken, each, problems)
  for (const { paths } of hosts.values()) paths.sort(byPrecedence)
  return [...hosts.values()].sort((a, b) => rank(a.host) - rank(b.host) || (a.host < b.host ? -1 : 1))
}

function hostOf(hosts: Map<string, HostRoutes>, host: string): HostRoutes {
  const found = hosts.get(host) ?? { host, paths: [] }
  hosts.set(host, found)
  return found
}

/** Longer wildcards first: `*.a.example.org` cannot meet `*.example.org`, but the order has to be the same always. */
function rank(host: string): number {
  return host === '' ? 2 : host.startsWith('*') ? 1 : 0
}

function pathsOf(ingress: Ingress, annotations: Annotations): { host: string; route: PathRoute }[] {
  const regex = annotations.flag('use-regex') ?? /\$\d/.test(annotations.text('rewrite-target') ?? '')
  return (ingress.spec.rules ?? []).flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '/', pathType, backend }) => ({
      host: host.toLowerCase(),
      route: {
        ingress,
        annotations,
        path: path || '/',
        type:
          pathType === 'Exact' ? 'Exact' : regex && pathType !== 'Prefix' ? 'Regex' : ('Prefix' as PathType),
        backend: nameOf(ingress, backend),
      },
    })),
  )
}

function nameOf({ metadata }: Ingress, { service }: Backend): BackendName | undefined {
  return service && { namespace: metadata.namespace ?? '', service: service.name, port: service.port ?? {} }
}

/** The first route of each host, type and path. */
type TakenPaths = Map<string, PathRoute>

function takenKey(host: string, { type, path }: PathRoute): string {
  return `${host} ${type} ${type === 'Prefix' ? bare(path) : path}`
}

function addPath(
  { host, paths }: HostRoutes,
  route: PathRoute,
  { taken, tell }: { taken: TakenPaths; tell: Tell },
): void {
  const key = takenKey(host, route)
  const first = taken.get(key)
  if (!first) {
    if (route.type !== 'Regex' || isRegex(route.path)) {
      taken.set(key, route)
      paths.push(route)
    } else tell('BadPath', `The path ${route.path} is no regular expression that Caddy can read.`)
  } else if (first.ingress !== route.ingress) {
    tell(
      'PathTaken',
      `${host || 'every host'}${route.path} belongs to the older Ingress ${keyOf(first.ingress)}.`,
    )
  }
}

/** `/a/` and `/a` are the same prefix. */
export function bare(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

function addFallback(hosts: Map<string, HostRoutes>, ingress: Ingress, annotations: Annotations): void {
  const { defaultBackend, rules = [] } = ingress.spec
  if (!defaultBackend) return
  const backend = nameOf(ingress, defaultBackend)
  const names = rules.length === 0 ? [''] : rules.map(({ host = '' }) => host.toLowerCase())
  for (const name of names) {
    hostOf(hosts, name).fallback ??= { ingress, annotations, path: '/', type: 'Prefix', backend }
  }
}

function byPrecedence(a: PathRoute, b: PathRoute): number {
  const kind = ({ type }: PathRoute) => (type === 'Exact' ? 0 : 1)
  return (
    kind(a) - kind(b) ||
    bare(b.path).length - bare(a.path).length ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  )
}

function canaryOf(ingress: Ingress, annotations: Annotations): Omit<Canary, 'backend'> | undefined {
  const own = annotations.number('coxswain.io/canary-weight', 0, 100)
  if (own !== undefined) return { ingress, weight: own }
  if (!annotations.flag('canary')) return undefined
  const total = annotations.number('canary-weight-total', 1, 1_000_000) ?? 100
  const weight = annotations.number('canary-weight', 0, total) ?? 0
  const name = annotations.text('canary-by-header')
  const value = annotations.text('canary-by-header-value')
  return {
    ingress,
    weight: Math.round((weight / total) * 100),
    ...(name && /^[\w-]+$/.test(name) ? { header: { name, ...(value ? { value } : {}) } } : {}),
  }
}

function addCanary(
  taken: ReadonlyMap<string, PathRoute>,
  { host, route, canary }: { host: string; route: PathRoute; canary: Canary },
  problems: IngressProblem[],
): void {
  const main = taken.get(takenKey(host, route))
  const tell = (message: string) => problems.push({ ingress: canary.ingress, reason: 'NoSuchPath', message })
  const where = `${host || 'every host'}${route.path}`
  if (!main) tell(`No other Ingress has ${where}, of which this one is to take a share.`)
  else if (main.canary) tell(`${where} has a canary already: the Ingress ${keyOf(main.canary.ingress)}.`)
  else main.canary = canary
}

/** Caddy's Go is older than named groups without a P. */
const NEWER_GROUP = '(?<'

function isRegex(path: string): boolean {
  if (path.includes(NEWER_GROUP)) return false
  try {
    goRegExp(patternOfRegex(path))
    return true
  } catch (error) {
    if (error instanceof GoRegExpError) return false
    throw error
  }
}

/** Caddy's expressions are Go's. nginx takes capitals for small letters in them. */
export function patternOfRegex(path: string): string {
  return `(?i)^${path}`
}
