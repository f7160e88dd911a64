import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Budget } from '../budget.ts'
import { EvaluationError } from '../errors.ts'
import type { FunctionTable } from '../overloads.ts'
import { Opaque } from '../values.ts'

class Ip extends Opaque {
  readonly type = 'net.IP'
  readonly address: ipaddr.IPv4 | ipaddr.IPv6

  constructor(address: ipaddr.IPv4 | ipaddr.IPv6) {
    super()
    this.address = address
  }

  get key(): string {
    return this.address.toString()
  }

  get bits(): 32 | 128 {
    return this.address.kind() === 'ipv4' ? 32 : 128
  }

  get range(): string {
    return this.address.range()
  }

  get number(): bigint {
    return this.address.toByteArray().reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  }
}

class Cidr extends Opaque {
  readonly type = 'net.CIDR'
  readonly ip: Ip
  readonly prefix: number

  constructor(ip: Ip, prefix: number) {
    super()
    this.ip = ip
    this.prefix = prefix
  }

  get key(): string {
    return `${this.ip.key}/${this.prefix}`
  }

  contains(ip: Ip): boolean {
    const rest = BigInt(this.ip.bits - this.prefix)
    return ip.bits === this.ip.bits && ip.number >> rest === this.ip.number >> rest
  }

  masked(): Cidr {
    const rest = BigInt(this.ip.bits - this.prefix)
    const hex = ((this.ip.number >> rest) << rest).toString(16).padStart(this.ip.bits / 4, '0')
    const bytes = [...Buffer.from(hex, 'hex')]
    return new Cidr(new Ip(ipaddr.fromByteArray(bytes)), this.prefix)
  }
}

/** Neither with a zone nor an IPv4 address within an IPv6 one. */
function parseIp(text: string): Ip | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined
  const address = ipaddr.parse(text)
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? undefined : new Ip(address)
}

function parseCidr(text: string): Cidr | undefined {
  const [, address = '', prefix = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const ip = parseIp(address)
  return ip && Number(prefix) <= ip.bits ? new Cidr(ip, Number(prefix)) : undefined
}

/** @throws EvaluationError */
function ipOf(text: string, budget: Budget): Ip {
  budget.spend(20)
  const ip = parseIp(text)
  if (!ip)
    throw new EvaluationError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
  return ip
}

/** @throws EvaluationError */
function cidrOf(text: string, budget: Budget): Cidr {
  budget.spend(20)
  const cidr = parseCidr(text)
  if (!cidr)
    throw new EvaluationError(
      `network address ${JSON.stringify(text)} parse error during conversion from string`,
    )
  return cidr
}

const containsCidr = (outer: Cidr, inner: Cidr) => outer.prefix <= inner.prefix && outer.contains(inner.ip)
const isMulticastOfLink = (ip: Ip) =>
  ip.bits === 32 ? ip.key.startsWith('224.0.0.') : ((ip.number >> 112n) & 0xff0fn) === 0xff02n
const isBroadcast = (ip: Ip) => ip.key === '255.255.255.255'

/** Source: kubernetes apiserver pkg/cel/library/ip.go, cidr.go. */
export const addresses: FunctionTable = {
  'isIP(string): bool': (text: string) => parseIp(text) !== undefined,
  'ip(string): net.IP': ipOf,
  'ip.isCanonical(string): bool': (text: string, budget: Budget) => ipOf(text, budget).key === text,
  'string(net.IP): string': (ip: Ip) => ip.key,
  'net.IP.family(): int': (ip: Ip) => (ip.bits === 32 ? 4n : 6n),
  'net.IP.isUnspecified(): bool': (ip: Ip) => ip.number === 0n,
  'net.IP.isLoopback(): bool': (ip: Ip) => ip.range === 'loopback',
  'net.IP.isLinkLocalUnicast(): bool': (ip: Ip) => ip.range === 'linkLocal',
  'net.IP.isLinkLocalMulticast(): bool': isMulticastOfLink,
  'net.IP.isGlobalUnicast(): bool': (ip: Ip) =>
    ip.number !== 0n && !isBroadcast(ip) && !['loopback', 'linkLocal', 'multicast'].includes(ip.range),
  'isCIDR(string): bool': (text: string) => parseCidr(text) !== undefined,
  'cidr(string): net.CIDR': cidrOf,
  'string(net.CIDR): string': (cidr: Cidr) => cidr.key,
  'net.CIDR.ip(): net.IP': ({ ip }: Cidr) => ip,
  'net.CIDR.prefixLength(): int': ({ prefix }: Cidr) => BigInt(prefix),
  'net.CIDR.masked(): net.CIDR': (cidr: Cidr) => cidr.masked(),
  'net.CIDR.containsIP(string): bool': (cidr: Cidr, text: string, budget: Budget) =>
    cidr.contains(ipOf(text, budget)),
  'net.CIDR.containsIP(net.IP): bool': (cidr: Cidr, ip: Ip) => cidr.contains(ip),
  'net.CIDR.containsCIDR(string): bool': (cidr: Cidr, text: string, budget: Budget) =>
    containsCidr(cidr, cidrOf(text, budget)),
  'net.CIDR.containsCIDR(net.CIDR): bool': containsCidr,
}
