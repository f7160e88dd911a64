import { compareAddresses } from './addresses.ts'

/** Some of the given addresses: their positions, ascending. Four bytes each, for a policy may choose 30,000 many times. */
export type AddressSet = Uint32Array

/** Sets of some given addresses. */
export class AddressSets {
  /** Each once, in their order. */
  readonly #addresses: readonly string[]
  readonly #positions: ReadonlyMap<string, number>

  constructor(addresses: readonly string[]) {
    this.#addresses = [...new Set(addresses)].sort(compareAddresses)
    this.#positions = new Map(this.#addresses.map((address, position) => [address, position]))
  }

  /** @param addresses among those that the constructor was given; others are left out */
  setOf(addresses: readonly string[]): AddressSet {
    const positions = new Set<number>()
    for (const address of addresses) {
      const position = this.#positions.get(address)
      if (position !== undefined) positions.add(position)
    }
    return Uint32Array.from(positions).sort()
  }

  /** The addresses of some sets, each once, in their order. */
  union(sets: readonly AddressSet[]): string[] {
    const [only] = sets
    if (only && sets.length === 1) return this.#at(only)
    const isIn = new Uint8Array(this.#addresses.length)
    for (const set of sets) for (const position of set) isIn[position] = 1
    const all: number[] = []
    for (let position = 0; position < isIn.length; position++) if (isIn[position]) all.push(position)
    return this.#at(all)
  }

  #at(positions: Iterable<number>): string[] {
    return Array.from(positions, position => this.#addresses[position] ?? '')
  }
}
