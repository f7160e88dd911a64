import { randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 32 random bytes, safe in a header, a cookie and an address. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that does not tell how much of the guess was right. The length of a secret is none itself. */
export function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
