import type { Secret } from '../../../api/types.ts'
import { answer, literal, type MiddlewareInput } from './handlers.ts'
import type { Json } from './model.ts'

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/

/** `auth-type: basic`. What cannot be checked lets nobody in. */
export function basicAuth({ annotations, ingress, backends }: MiddlewareInput): Json[] {
  const type = annotations.text('auth-type')
  const name = annotations.text('auth-secret')
  if (type === undefined) return []
  const closed = (message: string): Json[] => {
    annotations.tell('BadAuthSecret', `${message} Until then nobody is let in.`)
    return [answer(503)]
  }
  if (type !== 'basic') return closed(`auth-type ${type} is not supported; it has to be basic.`)
  if (!name) return closed('The annotation auth-secret has to name a Secret.')
  const { namespace = '' } = ingress.metadata
  const key = name.includes('/') ? name : `${namespace}/${name}`
  if (!key.startsWith(`${namespace}/`)) return closed(`The Secret ${name} has to be in ${namespace}.`)
  const secret = backends.secrets.get(key)
  if (!secret) return closed(`There is no Secret ${key}.`)
  const entries =
    annotations.text('auth-secret-type') === 'auth-map' ? mapEntries(secret) : fileEntries(secret)
  const good = entries.filter(([user, hash]) => user !== '' && BCRYPT.test(hash))
  if (good.length < entries.length || good.length === 0) {
    const message = `The Secret ${key} has to hold lines USER:HASH with bcrypt hashes (htpasswd -B) in its key auth.`
    if (good.length === 0) return closed(message)
    annotations.tell('BadAuthSecret', `${message} Other users are not let in.`)
  }
  const first = good.filter(([user], index) => index === good.findIndex(([other]) => other === user))
  if (first.length < good.length)
    annotations.tell('BadAuthSecret', `The Secret ${key} has a user twice; the first entry counts.`)
  const accounts = first.map(([user, hash]) => ({ username: literal(user), password: base64(hash) }))
  return [
    {
      handler: 'authentication',
      providers: {
        http_basic: {
          hash: { algorithm: 'bcrypt' },
          // bcrypt is slow on purpose: a browser sends the password with every request
          hash_cache: {},
          realm: annotations.text('auth-realm') ?? 'restricted',
          accounts,
        },
      },
    },
  ]
}

/** A file of htpasswd under the key `auth`. */
function fileEntries(secret: Secret): [string, string][] {
  return textOf(secret, 'auth')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(0, colon)), line.slice(colon + 1)]
    })
}

/** A key for each user, with the hash as its value. */
function mapEntries(secret: Secret): [string, string][] {
  return Object.keys(secret.data ?? {})
    .sort()
    .map(user => [user, textOf(secret, user).trim()])
}

export function textOf(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
