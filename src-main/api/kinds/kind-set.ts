import type { Dispose } from '../../lib/disposer.ts'
import type { Kind } from './kind.ts'

/** The kinds that are served: the API's own, and those that CustomResourceDefinitions add while it runs. */
export class KindSet {
  readonly own: readonly Kind[]
  readonly #listeners = new Set<() => void>()
  #current: readonly Kind[]
  #stored: readonly Kind[]

  constructor(own: readonly Kind[]) {
    this.own = own
    this.#current = own
    this.#stored = storedKinds(own)
  }

  /** All that are served now, in every version. */
  get current(): readonly Kind[] {
    return this.#current
  }

  /** One for each kind of object in the store, whatever versions of it are served. */
  get stored(): readonly Kind[] {
    return this.#stored
  }

  /** Replaces the added ones and tells listeners, synchronously. */
  setCustom(custom: readonly Kind[]): void {
    this.#current = [...this.own, ...custom]
    this.#stored = storedKinds(this.#current)
    for (const listener of [...this.#listeners]) listener()
  }

  onChange(listener: () => void): Dispose {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function storedKinds(kinds: readonly Kind[]): Kind[] {
  return [...new Set(kinds.map(kind => kind.storedAs?.kind ?? kind))].filter(isStored)
}

/** Of a kind of the API's own that is refused there is never an object; of an added one there may be old ones. */
function isStored({ refused, custom }: Kind): boolean {
  return !refused || custom === true
}
