import { createHmac } from 'node:crypto'
import { randomSecret, sameSecret } from './secrets.ts'

/** Addresses that were given out and not opened yet; beyond this the oldest stops working. */
const MAX_UNUSED = 16

/**
 * Lets the window in: a one-time token in an address is exchanged for a cookie. It lasts until the browser is closed or
 * the token of API clients changes, so that an open window goes on when Coxswain was started again.
 * The cookie carries the port in its name, because browsers do not keep cookies of two ports apart.
 */
export class WindowSessions {
  readonly #session: string
  readonly #unused: string[] = []

  /** @param apiToken the session is made from it, and does not tell it */
  constructor(apiToken: string) {
    this.#session = createHmac('sha256', apiToken).update('window session').digest('base64url')
  }

  /** A token that lets in once. */
  issueToken(): string {
    const token = randomSecret()
    this.#unused.push(token)
    if (this.#unused.length > MAX_UNUSED) this.#unused.shift()
    return token
  }

  /** The Set-Cookie value in exchange for a token, or undefined when the token is not (or no longer) good. */
  exchange(token: string, port: number): string | undefined {
    const index = this.#unused.findIndex(unused => sameSecret(token, unused))
    if (index < 0) return undefined
    this.#unused.splice(index, 1)
    return `${cookieName(port)}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`
  }

  /** True when the Cookie header carries the session. */
  isSession(cookieHeader: string | undefined, port: number): boolean {
    const prefix = `${cookieName(port)}=`
    const values = (cookieHeader ?? '').split(/;\s*/).filter(pair => pair.startsWith(prefix))
    return values.some(pair => sameSecret(pair.slice(prefix.length), this.#session))
  }
}

const COOKIE = 'coxswain-'

function cookieName(port: number): string {
  return COOKIE + port
}

/** A Cookie header without the sessions of any window: what may be handed on to others. */
export function withoutSessions(cookieHeader: string | undefined): string {
  const pairs = (cookieHeader ?? '').split(/;\s*/)
  return pairs.filter(pair => !pair.startsWith(COOKIE)).join('; ')
}
