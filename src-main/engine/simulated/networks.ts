import { EngineError, type ContainerSpec, type NetworkSpec } from '../engine.ts'

/** First address and mask of an IPv4 range such as `10.244.3.0/24`. */
function range(subnet: string): { base: number; mask: number } {
  const [address = '', bits = '32'] = subnet.split('/')
  const mask = bits === '0' ? 0 : (~0 << (32 - Number(bits))) >>> 0
  return { base: (toNumber(address) & mask) >>> 0, mask }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function overlap(a: string, b: string): boolean {
  const [first, second] = [range(a), range(b)]
  const mask = (first.mask & second.mask) >>> 0
  return (first.base & mask) >>> 0 === (second.base & mask) >>> 0
}

/** Networks with their addresses, and the ports of the server itself: each is held by one container at a time. */
export class SimulatedNetworks {
  #networks = new Map<string, NetworkSpec>()
  /** `network address` or `port protocol` → id of the holder */
  #held = new Map<string, string>()
  #byHolder = new Map<string, string[]>()
  #byAddress = new Map<string, string>()

  ensure(spec: NetworkSpec): void {
    const existing = this.#networks.get(spec.name)
    if (existing) {
      if (existing.subnet === spec.subnet && existing.gateway === spec.gateway) return
      throw new EngineError(
        'network-conflict',
        `network ${spec.name} exists with subnet ${existing.subnet}, ${spec.subnet} is wanted; remove it or give the server that pod range`,
      )
    }
    const other = [...this.#networks.values()].find(network => overlap(network.subnet, spec.subnet))
    if (other) {
      throw new EngineError(
        'network-conflict',
        `cannot create network ${spec.name}: ${spec.subnet} overlaps network ${other.name}`,
      )
    }
    this.#networks.set(spec.name, spec)
  }

  remove(name: string): void {
    const users = [...this.#held.keys()].some(key => key.startsWith(`${name} `))
    if (users) throw new EngineError('engine-error', `cannot remove network ${name}: it has active endpoints`)
    this.#networks.delete(name)
  }

  /** Takes a container's address and ports, all or none. @returns its address, if it has one of its own */
  acquire(id: string, spec: ContainerSpec): string | undefined {
    const { network } = spec
    const wanted = (spec.publish ?? []).map(
      port => `port ${port.hostIp ?? ''} ${port.hostPort} ${port.protocol}`,
    )
    const takenPort = wanted.find(key => this.#held.has(key))
    if (takenPort) {
      throw new EngineError(
        'port-conflict',
        `cannot start container ${spec.name}: ${takenPort} is already allocated`,
      )
    }
    if (network.mode === 'bridge') {
      const known = this.#networks.get(network.name)
      if (!known)
        throw new EngineError(
          'network-not-found',
          `cannot start container ${spec.name}: network ${network.name} not found`,
        )
      const { base, mask } = range(known.subnet)
      const outside = (toNumber(network.ipv4) & mask) >>> 0 !== base
      if (outside || network.ipv4 === known.gateway || this.#held.has(`${network.name} ${network.ipv4}`)) {
        const why = outside ? `is not within ${known.subnet}` : 'is already in use'
        throw new EngineError(
          'address-conflict',
          `cannot start container ${spec.name}: address ${network.ipv4} ${why}`,
        )
      }
      wanted.push(`${network.name} ${network.ipv4}`)
      this.#byAddress.set(network.ipv4, id)
    }
    for (const key of wanted) this.#held.set(key, id)
    this.#byHolder.set(id, wanted)
    return network.mode === 'bridge' ? network.ipv4 : undefined
  }

  release(id: string): void {
    for (const key of this.#byHolder.get(id) ?? []) this.#held.delete(key)
    this.#byHolder.delete(id)
  }

  /** Id of the container that has this address now. */
  holderOf(address: string): string | undefined {
    const id = this.#byAddress.get(address)
    return id !== undefined && this.#byHolder.has(id) ? id : undefined
  }
}
