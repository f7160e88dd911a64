import type { AcmeSettings, CaddyRoute, IngressServer, Json, StorePair } from './model.ts'

/** What the leader's store listens on; only the other ingress servers are let in (parts/ingress.sh, and the pair). */
export const STORE_PORT = 49_350
/** The name in the pair's certificate; nobody else uses it. */
export const STORE_HOST = 'store.coxswain.internal'
/** Where parts/ingress.sh packs the certificates of the leader, and where it puts those that it fetched. */
const PACKED = '/run/coxswain/store'
const FETCHED = '/etc/coxswain/certificates/pem'

/**
 * Certificates from an authority. One server, the leader, obtains and renews them by Caddy's own means; the others send
 * the authority's questions on to it, and fetch what it has. So nothing of it needs the control plane.
 */
export interface AcmePlan {
  hosts: readonly string[]
  settings: AcmeSettings
  leader: IngressServer
  isLeader: boolean
  pair: StorePair
}

/** The authority may ask any of the servers. */
export function challengeRoutes({ hosts, leader, isLeader }: AcmePlan): CaddyRoute[] {
  if (isLeader) return []
  return [
    {
      match: [{ host: hosts, path: ['/.well-known/acme-challenge/*'] }],
      handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: `${leader.gateway}:80` }] }],
      terminal: true,
    },
  ]
}

/** The leader's own listener, from which the others fetch. */
export function storeServer({ isLeader, pair }: AcmePlan): Record<string, Json> {
  if (!isLeader) return {}
  const der = pair.certificate.replace(/-----[^-]+-----|\s/g, '')
  return {
    store: {
      listen: [`:${STORE_PORT}`],
      protocols: ['h1'],
      automatic_https: { disable: true },
      tls_connection_policies: [
        {
          match: { sni: [STORE_HOST] },
          certificate_selection: { any_tag: ['store'] },
          client_authentication: { trusted_ca_certs: [der], mode: 'require_and_verify' },
        },
      ],
      routes: [{ handle: [{ handler: 'file_server', root: PACKED }] }],
    },
  }
}

/** Members of `apps.tls.certificates`. */
export function acmeCertificates({ isLeader, hosts }: AcmePlan): Json {
  return isLeader ? { automate: hosts } : { load_folders: [FETCHED] }
}

/** How the leader obtains them. */
export function automation({ isLeader, hosts, settings }: AcmePlan, rootsFile: string): Json {
  if (!isLeader) return {}
  const { directory, email, trustedRoots } = settings
  const issuer = {
    module: 'acme',
    ...(directory ? { ca: directory } : {}),
    ...(email ? { email } : {}),
    ...(trustedRoots ? { trusted_roots_pem_files: [rootsFile] } : {}),
    challenges: { 'tls-alpn': { disabled: true } },
  }
  return { automation: { policies: [{ subjects: hosts, issuers: [issuer] }] } }
}

/** Files beside Caddy's configuration. `acme` says to the part's script who obtains, and where to fetch. */
export function acmeFiles({ isLeader, leader, pair, settings }: AcmePlan): Record<string, string> {
  return {
    acme: isLeader ? 'leader\n' : `from ${leader.gateway} ${STORE_PORT} ${STORE_HOST}\n`,
    'store.crt': pair.certificate,
    'store.key': pair.key,
    ...(isLeader && settings.trustedRoots ? { 'acme-roots.pem': settings.trustedRoots } : {}),
  }
}
