import { acmeCertificates, automation, challengeRoutes, storeServer, type AcmePlan } from './acme.ts'
import { answer, literal } from './handlers.ts'
import { middlewareOf } from './middleware.ts'
import type { Backends, CaddyRoute, Json } from './model.ts'
import type { Proxies } from './proxy.ts'
import { backendRoute, logging } from './request-log.ts'
import { bare, type HostRoutes, type PathRoute } from './routes.ts'
import type { TlsPlan } from './tls.ts'

/** Where parts/ingress.sh has this part's files, and what Caddy keeps of its own. */
const FOLDER = '/etc/coxswain/ingress'
const STORE = '/etc/coxswain/certificates'
const ADMIN = 'unix//run/coxswain/caddy.sock'

export interface CaddyInput {
  hosts: readonly HostRoutes[]
  tls: TlsPlan
  proxies: Proxies
  backends: Backends
  acme?: AcmePlan
}

/** Caddy's whole configuration as JSON text. */
export function caddyConfig(input: CaddyInput): string {
  const { tls, acme } = input
  const secure = tls.certificates.length > 0 || acme !== undefined
  const config = {
    admin: { listen: ADMIN, config: { persist: false } },
    logging: logging(),
    storage: { module: 'file_system', root: STORE },
    apps: {
      http: {
        // what is being answered is answered to its end, by the old configuration
        grace_period: '1s',
        servers: {
          http: server(
            ':80',
            ['h1', 'h2c'],
            [...(acme ? challengeRoutes(acme) : []), ...hostRoutes(input, false)],
          ),
          ...(secure
            ? {
                https: {
                  ...server(':443', ['h1', 'h2', 'h3'], hostRoutes(input, true)),
                  tls_connection_policies: connectionPolicies(tls),
                },
              }
            : {}),
          ...(acme ? storeServer(acme) : {}),
        },
      },
      ...(secure
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

function server(listen: string, protocols: string[], routes: CaddyRoute[]): Json {
  return {
    listen: [listen],
    protocols,
    automatic_https: { disable: true },
    logs: {},
    routes: [backendRoute(), ...routes],
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
  if (type === 'Regex') return `(?i)^${path}`
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

function connectionPolicies({ certificates: own }: TlsPlan): Json[] {
  const named = own.map(({ id, hosts }) => ({
    match: { sni: hosts },
    certificate_selection: { any_tag: [id] },
  }))
  return [...named, {}]
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
