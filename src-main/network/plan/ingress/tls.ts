import { createPrivateKey, createHash, type KeyObject, X509Certificate } from 'node:crypto'
import type { Ingress, Secret } from '../../../api/types.ts'
import { errorMessage } from '../../../lib/errors.ts'
import { textOf } from './basic-auth.ts'
import type { AcmeSettings, Backends, IngressProblem } from './model.ts'

const OWN_ACME = 'coxswain.io/acme'
/** Who wrote these for another controller wants the same. */
const ACME_ANNOTATIONS = ['cert-manager.io/cluster-issuer', 'cert-manager.io/issuer']

/** A certificate of a Secret, and the hosts that it is for. */
export interface HostCertificate {
  /** Of its content: another certificate is another file. */
  id: string
  hosts: string[]
  certificate: string
  key: string
}

export interface TlsPlan {
  certificates: HostCertificate[]
  /** Hosts whose certificate is obtained from an authority. */
  acmeHosts: string[]
  /** Whether a host is served over HTTPS. */
  serves(host: string): boolean
}

/** Who serves which host over HTTPS, and with what. */
export function planTls(
  ingresses: readonly Ingress[],
  { secrets }: Backends,
  { acme, problems }: { acme: AcmeSettings | undefined; problems: IngressProblem[] },
): TlsPlan {
  const byId = new Map<string, HostCertificate>()
  const owner = new Map<string, string>()
  const acmeHosts = new Set<string>()
  for (const ingress of ingresses) {
    const { namespace } = ingress.metadata
    const tell = (reason: string, message: string) => problems.push({ ingress, reason, message })
    for (const { hosts = [], secretName } of ingress.spec.tls ?? []) {
      const secret = secretName ? secrets.get(`${namespace}/${secretName}`) : undefined
      if (!secret) {
        const names = hosts.length > 0 ? hosts : ruleHosts(ingress)
        const wanted = names.map(host => host.toLowerCase()).filter(host => !owner.has(host))
        if (!wantsAcme(ingress, acme)) {
          const missing = secretName ? `There is no Secret ${namespace}/${secretName}` : 'No Secret is named'
          const next = `make it (kubectl create secret tls), or have a certificate obtained with the annotation ${OWN_ACME}: "true"`
          tell(
            'NoCertificate',
            `${missing}, so that ${names.join(', ') || 'nothing'} is not served over HTTPS: ${next}.`,
          )
        } else {
          for (const host of wanted) {
            if (host.startsWith('*'))
              tell(
                'NoCertificate',
                `${host}: authorities give no certificate for a wildcard by HTTP; make a Secret.`,
              )
            else acmeHosts.add(host)
          }
        }
        continue
      }
      const pair = readPair(secret)
      if (typeof pair === 'string') {
        tell('BadCertificate', `The Secret ${namespace}/${secretName} cannot be used: ${pair}`)
        continue
      }
      const names = (hosts.length > 0 ? hosts : pair.names).map(host => host.toLowerCase())
      for (const host of names.filter(name => !pair.covers(name))) {
        tell(
          'WrongCertificate',
          `The certificate in ${namespace}/${secretName} is for ${pair.names.join(', ')}, not for ${host}.`,
        )
      }
      const mine = names.filter(host => pair.covers(host) && !owner.has(host))
      for (const host of mine) {
        owner.set(host, pair.id)
        acmeHosts.delete(host)
      }
      const known = byId.get(pair.id)
      if (known) known.hosts.push(...mine)
      else if (mine.length > 0) {
        byId.set(pair.id, { id: pair.id, hosts: mine, certificate: pair.certificate, key: pair.key })
      }
    }
  }
  const certificates = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const { hosts } of certificates) hosts.sort()
  const served = new Set([...owner.keys(), ...acmeHosts])
  return {
    certificates,
    acmeHosts: [...acmeHosts].sort(),
    serves: host => served.has(host) || served.has(host.replace(/^[^.]+/, '*')),
  }
}

function ruleHosts({ spec }: Ingress): string[] {
  return [...new Set((spec.rules ?? []).flatMap(({ host }) => (host ? [host] : [])))]
}

function wantsAcme({ metadata }: Ingress, acme: AcmeSettings | undefined): boolean {
  const notes = metadata.annotations ?? {}
  const own = notes[OWN_ACME] ?? notes['kubernetes.io/tls-acme']
  if (own !== undefined) return own === 'true'
  return ACME_ANNOTATIONS.some(name => notes[name] !== undefined) || acme?.everywhere === true
}

interface Pair {
  id: string
  certificate: string
  key: string
  names: string[]
  covers(host: string): boolean
}

/** Objects are never changed, so that what was read of one stays true. */
const read = new WeakMap<Secret, Pair | string>()

function readPair(secret: Secret): Pair | string {
  const known = read.get(secret)
  if (known !== undefined) return known
  const pair = parsePair(secret)
  read.set(secret, pair)
  return pair
}

/** The pair, or what is wrong with it: one bad Secret must not keep Caddy from serving the others. */
function parsePair(secret: Secret): Pair | string {
  const certificate = textOf(secret, 'tls.crt')
  const key = textOf(secret, 'tls.key')
  if (!certificate || !key) return 'it has to hold tls.crt and tls.key.'
  try {
    const leaf = new X509Certificate(certificate)
    const privateKey = createPrivateKey(key)
    if (!leaf.checkPrivateKey(privateKey)) return 'tls.key is not the key of tls.crt.'
    if (!isForCaddy(privateKey)) return 'its key has to be RSA, ECDSA (P-256, P-384 or P-521) or Ed25519.'
    const names = (leaf.subjectAltName ?? '')
      .split(', ')
      .flatMap(name => (name.startsWith('DNS:') ? [name.slice('DNS:'.length).toLowerCase()] : []))
    if (names.length === 0) return 'the certificate names no host (subjectAltName).'
    return {
      id: createHash('sha256').update(certificate).update(key).digest('hex').slice(0, 16),
      certificate,
      key,
      names,
      covers: host => names.includes(host) || names.includes(host.replace(/^[^.]+/, '*')),
    }
  } catch (error) {
    return `${errorMessage(error)}.`
  }
}

const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1']

/** The kinds of keys that Go reads and clients accept. */
function isForCaddy({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === 'rsa' || type === 'ed25519' || (type === 'ec' && CURVES.includes(details?.namedCurve))
}
