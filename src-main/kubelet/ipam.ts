import ipaddr from 'ipaddr.js'

/** Every address of the node's pod network is in use. */
export class AddressesExhausted extends Error {
  readonly code = 'AddressesExhausted'
  readonly cidr: string

  constructor(cidr: string) {
    super(`every address of the node's pod network ${cidr} is in use; move pods to other servers`)
    this.name = 'AddressesExhausted'
    this.cidr = cidr
  }
}

function toNumber(ip: string): number {
  return ipaddr.IPv4.parse(ip)
    .toByteArray()
    .reduce((number, byte) => number * 256 + byte, 0)
}

function toText(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}

/**
 * Hands out the addresses of one node's pod network. The state is rebuilt from what runs: `adopt` what containers and
 * pods hold, then `claim`. An address that was given back is the last to be given again, because others (DNS, open
 * connections, routes) may still believe in its old owner.
 */
export class AddressPool {
  readonly #cidr: string
  readonly #first: number
  readonly #last: number
  readonly #ownerOf = new Map<number, string>()
  readonly #addressOf = new Map<string, number>()
  /** Given back, the oldest first. */
  readonly #released = new Set<number>()
  #next: number

  constructor(cidr: string) {
    const [network, bits] = ipaddr.IPv4.parseCIDR(cidr)
    const base = toNumber(network.toString())
    this.#cidr = cidr
    this.#first = base + 2
    this.#last = base + 2 ** (32 - bits) - 2
    this.#next = this.#first
  }

  /** The network's own address of the server: the first one. */
  get gateway(): string {
    return toText(this.#first - 1)
  }

  addressOf(owner: string): string | undefined {
    const address = this.#addressOf.get(owner)
    return address === undefined ? undefined : toText(address)
  }

  /** Records what `owner` holds already. @returns false when that is not possible: another's, or not of this network */
  adopt(owner: string, ip: string): boolean {
    if (!ipaddr.IPv4.isValid(ip)) return false
    const address = toNumber(ip)
    const holder = this.#ownerOf.get(address)
    if (holder !== undefined || this.#addressOf.has(owner)) return holder === owner
    if (address < this.#first || address > this.#last) return false
    this.#take(owner, address)
    if (address >= this.#next) this.#next = address + 1
    return true
  }

  /** The address of `owner`: the one it has, or a new one. @throws AddressesExhausted */
  claim(owner: string): string {
    const held = this.#addressOf.get(owner)
    const address = held ?? this.#neverGiven() ?? this.#oldestReleased()
    if (address === undefined) throw new AddressesExhausted(this.#cidr)
    if (held === undefined) this.#take(owner, address)
    return toText(address)
  }

  release(owner: string): void {
    const address = this.#addressOf.get(owner)
    if (address === undefined) return
    this.#addressOf.delete(owner)
    this.#ownerOf.delete(address)
    this.#released.add(address)
  }

  #take(owner: string, address: number): void {
    this.#ownerOf.set(address, owner)
    this.#addressOf.set(owner, address)
    this.#released.delete(address)
  }

  /** Goes on after the last one given, and round once: after a restart the gaps below are as good as released long ago. */
  #neverGiven(): number | undefined {
    const size = this.#last - this.#first + 1
    for (let step = 0; step < size; step++) {
      const address = this.#first + ((this.#next - this.#first + step) % size)
      if (this.#ownerOf.has(address) || this.#released.has(address)) continue
      this.#next = address + 1
      return address
    }
    return undefined
  }

  #oldestReleased(): number | undefined {
    const [oldest] = this.#released
    return oldest
  }
}
