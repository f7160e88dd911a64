import type { Secret } from '../api/types.ts'
import type { RegistryAuth } from '../engine/engine.ts'
import { parseImageReference } from './image-reference.ts'

interface AuthEntry {
  auth?: string
  username?: string
  password?: string
}

/** What a pull secret of Docker's key `index.docker.io` is good for. */
const HUB = ['docker.io', 'index.docker.io']

/**
 * The credentials that `secrets` hold for an image, the most specific first, to be tried in turn.
 * A key is a registry, optionally with a scheme and a path prefix; `*` stands for a part of a host name.
 * Source: kubernetes pkg/credentialprovider/keyring.go. Unreadable secrets are passed over, as there.
 */
export function credentialsFor(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  const reference = parseImageReference(image)
  if (!reference) return []
  const hosts = HUB.includes(reference.registry) ? HUB : [reference.registry]
  return secrets
    .flatMap(entriesOf)
    .map(([key, entry]) => ({ ...splitKey(key), auth: toAuth(key, entry) }))
    .sort((a, b) => b.path.length - a.path.length || b.host.length - a.host.length)
    .flatMap(({ host, path, auth }) => {
      const serves = hosts.some(candidate => hostMatches(host, candidate))
      return auth && serves && pathMatches(path, reference.repository) ? [auth] : []
    })
}

function entriesOf(secret: Secret): [string, AuthEntry][] {
  const { data = {} } = secret
  const config = parse(data['.dockerconfigjson'])?.auths
  const legacy = parse(data['.dockercfg'])
  return Object.entries((config ?? legacy ?? {}) as Record<string, AuthEntry>)
}

function parse(base64: string | undefined): Record<string, unknown> | undefined {
  if (base64 === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString()) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function toAuth(serverAddress: string, entry: AuthEntry): RegistryAuth | undefined {
  const [username = '', password = ''] = entry.auth
    ? Buffer.from(entry.auth, 'base64').toString().split(/:(.*)/s)
    : [entry.username, entry.password]
  return username ? { username, password, serverAddress } : undefined
}

/** `https://index.docker.io/v1/` has the path of Docker's API, not of images. */
function splitKey(key: string): { host: string; path: string } {
  const [host = '', path = ''] = key.replace(/^https?:\/\//, '').split(/\/(.*)/)
  return { host, path: /^v[12](\/|$)/.test(path) ? '' : path.replace(/\/$/, '') }
}

function hostMatches(pattern: string, host: string): boolean {
  const [name = '', port] = pattern.split(':')
  const [hostName = '', hostPort] = host.split(':')
  const parts = name.split('.')
  const hostParts = hostName.split('.')
  return (
    port === hostPort &&
    parts.length === hostParts.length &&
    parts.every((part, index) => globMatches(part, hostParts[index] ?? ''))
  )
}

/** `*` stands for any characters, `?` for one. Goes back to the last `*` only, which many of them would make endless. */
function globMatches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let index = 0
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = index
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

function pathMatches(prefix: string, repository: string): boolean {
  return prefix === '' || repository === prefix || repository.startsWith(prefix + '/')
}
