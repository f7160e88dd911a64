import type { EndpointSlice, Ingress, Service } from '../../../api/types.ts'
import type { Endpoint } from '../service-model.ts'
import { backendAddresses, backendLines, backendPorts } from './backends.ts'
import { caddyConfig } from './caddy.ts'
import { ownIngresses } from './classes.ts'
import { keyOf, type IngressObjects, type IngressProblem } from './model.ts'
import { Proxies } from './proxy.ts'
import { routesOf } from './routes.ts'
import { planTls } from './tls.ts'

export interface ClusterIngress {
  /** Those that we answer for. */
  own: Ingress[]
  problems: IngressProblem[]
  /** The part's files on a server that has it; none while there is no Ingress. */
  files: Record<string, string>
}

export interface ServiceObjects {
  services: readonly Service[]
  slices: ReadonlyMap<string, readonly EndpointSlice[]>
  serviceCidr: string
}

/** What every ingress server serves. */
export function planIngress(
  { ingresses, classes, secrets, acme }: IngressObjects,
  { services, slices, serviceCidr }: ServiceObjects,
): ClusterIngress {
  const problems: IngressProblem[] = []
  const own = ownIngresses(ingresses, classes, problems)
  if (own.length === 0) return { own, problems, files: {} }
  const backends = {
    services: new Map(services.map(service => [keyOf(service), service])),
    slices,
    secrets: new Map(secrets.map(secret => [keyOf(secret), secret])),
  }
  const hosts = routesOf(own, problems)
  const tls = planTls(own, backends, { acme, problems })
  // ports depend on all backends together, so that these are gathered first
  const gathered = new Proxies(backends, serviceCidr, () => 0)
  for (const { paths, fallback } of hosts) {
    for (const route of [...paths, ...(fallback ? [fallback] : [])]) gathered.handlers(route)
  }
  const ports = backendPorts(gathered.endpoints.keys())
  const proxies = new Proxies(backends, serviceCidr, id => ports.get(id) ?? 0)
  const config = caddyConfig({ hosts, tls, proxies, backends })
  const byPort = new Map<number, Endpoint[]>()
  for (const [id, endpoints] of gathered.endpoints) byPort.set(ports.get(id) ?? 0, endpoints)
  const keys = tls.certificates.flatMap(({ id, certificate, key }) => [
    [`${id}.crt`, certificate],
    [`${id}.key`, key],
  ])
  return {
    own,
    problems: unique(problems),
    files: {
      'caddy.json': config,
      addresses: `${backendAddresses(serviceCidr).join(' ')}\n`,
      backends: backendLines(byPort),
      ports: tls.certificates.length + tls.acmeHosts.length > 0 ? 'tcp 80\ntcp 443\nudp 443\n' : 'tcp 80\n',
      ...Object.fromEntries(keys),
    },
  }
}

/** Both listeners have the same routes, so that both say the same. */
function unique(problems: readonly IngressProblem[]): IngressProblem[] {
  const seen = new Map(problems.map(each => [`${keyOf(each.ingress)} ${each.reason} ${each.message}`, each]))
  return [...seen.values()]
}
