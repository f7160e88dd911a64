import type { Ingress } from '../types.ts'
import type { NotHonoured } from './kind.ts'

/** Annotations of other ingress controllers: theirs are read where they are common, and told where they are not. */
export const NGINX = 'nginx.ingress.kubernetes.io/'
const COXSWAIN = 'coxswain.io/'
const FOREIGN =
  /^(?:[\w-]+\.)*ingress\.kubernetes\.io\/|^(?:[\w-]+\.)?haproxy\.(?:org|com)\/|^(?:[\w-]+\.)?nginx\.(?:org|com)\/|^konghq\.com\//

/** Those of nginx's that Coxswain acts on, without their prefix. */
export const nginxAnnotations: readonly string[] = [
  'app-root',
  'auth-realm',
  'auth-secret',
  'auth-secret-type',
  'auth-type',
  'backend-protocol',
  'canary',
  'canary-weight',
  'canary-weight-total',
  'canary-by-header',
  'canary-by-header-value',
  'cors-allow-credentials',
  'cors-allow-headers',
  'cors-allow-methods',
  'cors-allow-origin',
  'cors-expose-headers',
  'cors-max-age',
  'allowlist-source-range',
  'denylist-source-range',
  'enable-cors',
  'force-ssl-redirect',
  'permanent-redirect',
  'permanent-redirect-code',
  'proxy-body-size',
  'proxy-connect-timeout',
  'proxy-read-timeout',
  'proxy-send-timeout',
  'rewrite-target',
  'ssl-redirect',
  'temporal-redirect',
  'upstream-vhost',
  'use-regex',
  'whitelist-source-range',
]

/** Our own. */
const ownAnnotations: readonly string[] = ['acme', 'canary-weight']

/** Annotations that somebody wrote for an ingress controller, and that have no effect here. */
export function unknownAnnotations({ metadata }: Ingress): NotHonoured[] {
  return Object.keys(metadata.annotations ?? {})
    .filter(name => isForIngress(name) && !isKnown(name))
    .map(name => ({
      field: `metadata.annotations[${name}]`,
      why: "has no effect: Coxswain's ingress does not know it",
    }))
}

function isForIngress(name: string): boolean {
  return FOREIGN.test(name) || name.startsWith(COXSWAIN)
}

function isKnown(name: string): boolean {
  if (name.startsWith(NGINX)) return nginxAnnotations.includes(name.slice(NGINX.length))
  return name.startsWith(COXSWAIN) && ownAnnotations.includes(name.slice(COXSWAIN.length))
}
