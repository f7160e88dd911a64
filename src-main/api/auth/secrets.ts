import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 32 random bytes, safe in a header, a cookie and an address. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that does not tell how much of the guess was right. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
