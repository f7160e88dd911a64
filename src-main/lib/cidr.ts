/** A range of IPv4 addresses as numbers, both ends in it. */
export interface Cidr {
  first: number
  last: number
}

/** `10.244.0.0/16`, or `192.0.2.1` for one address; undefined when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const bytes = match.slice(1, 5).map(Number)
  const mask = Number(match[5] ?? 32)
  if (bytes.some(byte => byte > 255) || mask > 32) return undefined
  const size = 2 ** (32 - mask)
  const address = bytes.reduce((number, byte) => number * 256 + byte, 0)
  const first = address - (address % size)
  return { first, last: first + size - 1 }
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.first <= b.last && b.first <= a.last
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last
}
