/** How many parts are remembered, and how long their texts may be together, in characters. */
const MAX_PARTS = 4096
const MAX_CHARACTERS = 2 * 1024 * 1024
/** A shorter part is not worth looking for, and a longer one hardly comes twice. */
const MIN_LENGTH = 32
const MAX_LENGTH = 32 * 1024

/**
 * Frozen parts of objects by their JSON text, the ones used last. Of the pods of a ReplicaSet most is the same: kept
 * once, it takes a fraction of the memory, and of the time in which the garbage collector goes through it.
 */
export class CommonParts {
  readonly #parts = new Map<string, unknown>()
  #characters = 0

  /** The part with this text that is known already, or else what `make` makes: a frozen value with this text. */
  get(text: string, make: () => unknown): unknown {
    if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return make()
    const known = this.#parts.get(text)
    if (known !== undefined) {
      // to the end, as the one used last
      this.#parts.delete(text)
      this.#parts.set(text, known)
      return known
    }
    const made = make()
    this.#parts.set(text, made)
    this.#characters += text.length
    this.#forgetOldest()
    return made
  }

  #forgetOldest(): void {
    for (const oldest of this.#parts.keys()) {
      if (this.#parts.size <= MAX_PARTS && this.#characters <= MAX_CHARACTERS) return
      this.#parts.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
