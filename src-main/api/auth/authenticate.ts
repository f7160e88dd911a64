import type { IncomingMessage } from 'node:http'
import { StatusError } from '../../lib/errors.ts'
import { sameSecret } from './secrets.ts'
import type { WindowSessions } from './window-sessions.ts'

/** Where a request came in. */
export interface Listener {
  scheme: 'http' | 'https'
  /** The real port, after listening. */
  port: number
}

export interface Credentials {
  token: string
  sessions: WindowSessions
}

/** How a request proved that it may speak. */
export type Authentication = 'token' | 'cookie' | 'none'

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/**
 * A page of another site can make a browser send requests here under a name of its own (DNS rebinding): only our own
 * names are answered, and those of the window, which a cookie lets in, only with our own port. The API may be asked
 * through a forwarded port, as `kubectl proxy` and `ssh -L` do: they leave the host as they got it.
 * @throws StatusError Forbidden
 */
export function checkHost({ headers: { host = '' } }: IncomingMessage, { scheme, port }: Listener): void {
  const own = scheme === 'https' ? host.replace(/:\d+$/, `:${port}`) : host
  if (!LOOPBACK.some(name => own === `${name}:${port}`)) {
    throw new StatusError('Forbidden', `host "${host}" is not served here: use 127.0.0.1:${port}`)
  }
}

/**
 * Tells who is speaking, and refuses a browser that speaks for another origin.
 * @throws StatusError Forbidden
 */
export function authenticate(
  request: IncomingMessage,
  listener: Listener,
  credentials: Credentials,
): Authentication {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (bearer !== undefined) {
    if (listener.scheme === 'http') checkOrigin(request, listener)
    else checkProgramOrigin(request)
    return sameSecret(bearer, credentials.token) ? 'token' : 'none'
  }
  if (listener.scheme !== 'http') return 'none'
  if (!credentials.sessions.isSession(request.headers.cookie, listener.port)) return 'none'
  checkOrigin(request, listener)
  checkSameOrigin(request)
  return 'cookie'
}

function checkOrigin({ headers }: IncomingMessage, { scheme, port }: Listener): void {
  const { origin } = headers
  if (origin !== undefined && !LOOPBACK.some(name => origin === `${scheme}://${name}:${port}`)) {
    throw new StatusError('Forbidden', `requests from ${origin} are not allowed`)
  }
}

/**
 * A program of this computer that has the token may pass on where its own page comes from, as Headlamp does: a port
 * here, or a file (`null`).
 */
function checkProgramOrigin({ headers: { origin } }: IncomingMessage): void {
  if (origin === undefined || origin === 'null' || origin.startsWith('file:')) return
  if (URL.canParse(origin) && LOOPBACK.includes(new URL(origin).hostname)) return
  throw new StatusError('Forbidden', `requests from ${origin} are not allowed`)
}

/**
 * A cookie also travels with requests that a page on another port of this computer makes (same site, other origin),
 * so with a cookie the browser itself must say that the request is ours.
 */
function checkSameOrigin({ headers, method }: IncomingMessage): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new StatusError('Forbidden', 'requests from another site are not allowed')
  }
  const reading = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined
  if (!reading && headers.origin === undefined) {
    throw new StatusError('Forbidden', "a change made with the window's cookie must carry its Origin")
  }
}
