import { acmeCertificates, automation, challengeRoutes, storeServer, type AcmePlan } from './acme.ts'
import {
  gracePeriod,
  holdServer,
  leavingChallengeRoute,
  leavingQuicRoute,
  leavingRoute,
  NEWEST_LISTEN,
  offerQuic,
  QUIC_LISTEN,
} from './generation.ts'
import { answer, literal } from './handlers.ts'
import { middlewareOf } from './middleware.ts'
import type { Backends, CaddyRoute, Json } from './model.ts'
import type { Proxies } from './proxy.ts'
import { backendRoute, logging } from './request-log.ts'
import { bare, type HostRoutes, type PathRoute, patternOfRegex } from './routes.ts'
import type { TlsPlan } from './tls.ts'

/** Where parts/ingress.sh has this part's files, and what Caddy keeps of its own. */
const FOLDER = '/etc/coxswain/ingress'
const STORE = '/etc/coxswain/certificates'

export interface CaddyInput {
  hosts: readonly HostRoutes[]
  tls: TlsPlan
  proxies: Proxies
  backends: Backends
  acme?: AcmePlan
}

/** Caddy's whole configuration as JSON text, but for HTTP/3. */
export function caddyConfig(input: CaddyInput): string {
  const { acme } = input
  const challenges = acme ? challengeRoutes(acme) : []
  return configOf(input, {
    http: server(
      [':80', NEWEST_LISTEN],
      ['h1', 'h2c'],
      [leavingRoute(), leavingChallengeRoute(), ...challenges, ...hostRoutes(input, false)],
    ),
    ...(isSecure(input)
      ? { https: secureServer(input, ':443', ['h1', 'h2'], [leavingRoute(), offerQuic()]) }
      : {}),
    ...(acme ? storeServer(acme) : {}),
    hold: holdServer(),
  })
}

/** The same for HTTP/3, which is where HTTPS is. */
export function quicConfig(input: CaddyInput): string | undefined {
  if (!isSecure(input)) return undefined
  return configOf(input, { quic: secureServer(input, QUIC_LISTEN, ['h3'], [leavingQuicRoute()]) })
}

function isSecure({ tls, acme }: CaddyInput): boolean {
  return tls.certificates.length > 0 || acme !== undefined
}

function configOf(input: CaddyInput, servers: Record<string, Json>): string {
  const { acme } = input
  const config = {
    // each configuration has a process of its own
    admin: { disabled: true, config: { persist: false } },
    logging: logging(),
    storage: { module: 'file_system', root: STORE },
    apps: {
      http: { grace_period: gracePeriod, servers },
      ...(isSecure(input)
        ? {
            tls: {
              certificates: certificates(input),
              ...(acme ? automation(acme, `${FOLDER}/acme-roots.pem`) : {}),
            },
          }
        : {}),
    },
  }
  return `${JSON.stringify(config, null, 1)}\n`
}

function server(listen: string[], protocols: string[], routes: CaddyRoute[]): Json {
  return {
    listen,
    protocols,
    automatic_https: { disable: true },
    logs: {},
    routes: [backendRoute(), ...routes],
  }
}

function secureServer(input: CaddyInput, listen: string, protocols: string[], first: CaddyRoute[]): Json {
  return {
    ...server([listen], protocols, [...first, ...hostRoutes(input, true)]),
    tls_connection_policies: connectionPolicies(input.tls),
  }
}

/** The routes of every host; what none of them takes is not found. */
function hostRoutes(input: CaddyInput, secure: boolean): CaddyRoute[] {
  const byHost = input.hosts.map(({ host, paths, fallback }) => ({
    ...(host ? { match: [{ host: [host] }] } : {}),
    handle: [
      {
        handler: 'subroute',
        routes: [...paths, ...(fallback && host ? [fallback] : [])].map(path =>
          pathRoute(input, path, host, secure),
        ),
      },
    ],
  }))
  const last = input.hosts.find(({ host }) => host === '')?.fallback
  return [
    ...onlyFirst(byHost),
    ...(last ? [pathRoute(input, last, '', secure)] : []),
    { handle: [answer(404)] },
  ]
}

/** Of an exact and a wildcard host that both match, only the first is looked at; rules for every host come after it. */
function onlyFirst(routes: CaddyRoute[]): CaddyRoute[] {
  return routes.map(route => (route.match ? { ...route, group: 'host' } : route))
}

function pathRoute(input: CaddyInput, route: PathRoute, host: string, secure: boolean): CaddyRoute {
  const pattern = patternOf(route)
  return {
    ...(pattern ? { match: [{ path_regexp: { name: 'path', pattern } }] } : {}),
    handle:
      !secure && toHttps(route, host, input.tls)
        ? [answer(308, { Location: 'https://{http.request.host}{http.request.uri}' })]
        : [
            ...middlewareOf({
              annotations: route.annotations,
              ingress: route.ingress,
              backends: input.backends,
            }),
            ...rewrite(route),
            ...input.proxies.handlers(route),
          ],
    terminal: true,
  }
}

function toHttps({ annotations }: PathRoute, host: string, tls: TlsPlan): boolean {
  const wanted = annotations.flag('ssl-redirect') ?? true
  return annotations.flag('force-ssl-redirect') === true || (wanted && tls.serves(host))
}

/** Caddy's own path matcher takes capitals for small letters; Kubernetes tells them apart. Undefined: every path. */
function patternOf({ path, type }: PathRoute): string | undefined {
  if (type === 'Regex') return patternOfRegex(path)
  const text = (type === 'Exact' ? path : bare(path)).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  if (type === 'Exact') return `^${text}$`
  return text === '' ? undefined : `^${text}(/|$)`
}

/** `$1` is what the path's first group took. */
function rewrite({ annotations }: PathRoute): Json[] {
  const target = annotations.text('rewrite-target')
  if (target === undefined) return []
  if (!target.startsWith('/')) {
    annotations.wrong('rewrite-target', 'a path that begins with /')
    return []
  }
  return [{ handler: 'rewrite', uri: literal(target).replace(/\$(\d)/g, '{http.regexp.path.$1}') }]
}

/** Caddy takes the first one that matches: a host's own certificate comes before one for a wildcard. */
function connectionPolicies({ certificates: own, acmeHosts }: TlsPlan): Json[] {
  const named = (isWanted: (host: string) => boolean) =>
    own.flatMap(({ id, hosts }) => {
      const sni = hosts.filter(isWanted)
      return sni.length > 0 ? [{ match: { sni }, certificate_selection: { any_tag: [id] } }] : []
    })
  const obtained = acmeHosts.length > 0 ? [{ match: { sni: acmeHosts } }] : []
  return [...named(host => !isWildcard(host)), ...obtained, ...named(isWildcard), {}]
}

function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

function certificates({ tls, acme }: CaddyInput): Json {
  const files = tls.certificates.map(({ id }) => ({ name: id, tag: id }))
  if (acme?.isLeader) files.push({ name: 'store', tag: 'store' })
  return {
    load_files: files.map(({ name, tag }) => ({
      certificate: `${FOLDER}/${name}.crt`,
      key: `${FOLDER}/${name}.key`,
      tags: [tag],
    })),
    ...(acme ? acmeCertificates(acme) : {}),
  }
}
