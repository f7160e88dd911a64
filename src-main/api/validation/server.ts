import { isIP } from 'node:net'
import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { Server, ServerSsh } from '../types.ts'
import { checkPort, checkText, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { configKey, dnsSubdomain } from './text-rules.ts'

const WAYS = ['ssh', 'local', 'simulated'] as const
const KEYS = ['identityFile', 'privateKeySecretRef', 'agent'] as const
const HOST_KEY = /^SHA256:[A-Za-z0-9+/]{43}$/

/** A server is reached in exactly one way, and over SSH with at most one kind of key. */
export function validateServer(server: Server, errors: FieldErrors): void {
  // That there is a spec at all is the schema's business
  const { metadata, spec = {} } = server
  const ways = WAYS.filter(way => spec[way])
  if (ways.length === 0) errors.required('spec', 'must specify one of: `ssh`, `local` or `simulated`')
  for (const extra of ways.slice(1)) {
    errors.forbidden(`spec.${extra}`, `may not be set together with \`${ways[0]}\``)
  }
  if (spec.ssh) validateSsh(spec.ssh, metadata.name, errors)
  for (const name of ['cpu', 'memory'] as const) {
    const quantity = spec.simulated?.[name]
    if (isQuantity(quantity) && (parseMilli(quantity) ?? 0n) <= 0n) {
      errors.invalid(`spec.simulated.${name}`, String(quantity), 'must be greater than 0')
    }
  }
  checkText(errors, 'spec.docker.socket', spec.docker?.socket, absolute)
  checkText(errors, 'spec.network.address', spec.network?.address, addressOrName)
  checkPort(errors, 'spec.network.port', spec.network?.port)
}

function validateSsh(ssh: ServerSsh, name: string, errors: FieldErrors): void {
  const field = 'spec.ssh'
  requireText(errors, `${field}.host`, ssh.host, oneWord)
  checkPort(errors, `${field}.port`, ssh.port)
  checkText(errors, `${field}.user`, ssh.user, oneWord)
  const keys = KEYS.filter(key => ssh[key])
  for (const extra of keys.slice(1)) {
    errors.forbidden(`${field}.${extra}`, `may not be set together with \`${keys[0]}\``)
  }
  for (const reference of ['privateKeySecretRef', 'passphraseSecretRef'] as const) {
    const secret = ssh[reference]
    if (!secret) continue
    requireText(errors, `${field}.${reference}.name`, secret.name, dnsSubdomain)
    requireText(errors, `${field}.${reference}.key`, secret.key, configKey)
  }
  checkText(errors, `${field}.jump`, ssh.jump, dnsSubdomain)
  if (ssh.jump && ssh.jump === name) errors.invalid(`${field}.jump`, ssh.jump, 'must be another server')
  checkText(errors, `${field}.hostKey`, ssh.hostKey, fingerprint)
}

function oneWord(text: string): string | undefined {
  return /\s/.test(text) ? 'must not contain white space' : undefined
}

function absolute(path: string): string | undefined {
  return path.startsWith('/') ? undefined : 'must be an absolute path'
}

/** Links between servers are IPv4, or a name that WireGuard resolves. */
function addressOrName(text: string): string | undefined {
  if (isIP(text) === 4 || dnsSubdomain(text) === undefined) return undefined
  return 'must be an IPv4 address or a host name'
}

function fingerprint(text: string): string | undefined {
  return HOST_KEY.test(text)
    ? undefined
    : 'must be the fingerprint of a host key: SHA256: and 43 characters, as `ssh-keygen -lf` prints it'
}
