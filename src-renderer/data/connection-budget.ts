/** Something that wants a connection of its own for as long as it lasts. */
export interface Claim {
  /** Smaller is served first. */
  priority: number
  start(): void
  stop(): void
}

/**
 * Shares a few connections among many watches and followed logs: the claims with the smallest priority numbers run,
 * the others wait and take over as connections come free. Among equals the newest runs: it is what was opened last.
 */
export class ConnectionBudget {
  readonly #capacity: number
  readonly #claims: Claim[] = []
  #running = new Set<Claim>()
  #scheduled = false

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The returned function gives the connection back. */
  claim(claim: Claim): () => void {
    this.#claims.unshift(claim)
    this.#schedule()
    return () => {
      const at = this.#claims.indexOf(claim)
      if (at < 0) return
      this.#claims.splice(at, 1)
      this.#schedule()
    }
  }

  isRunning(claim: Claim): boolean {
    return this.#running.has(claim)
  }

  /** A page change gives several claims back and makes new ones: they are weighed together, after the change. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#balance()
    })
  }

  #balance(): void {
    const byPriority = [...this.#claims].sort((a, b) => a.priority - b.priority)
    const next = new Set(byPriority.slice(0, this.#capacity))
    const before = this.#running
    this.#running = next
    // starts first: a claim that takes a stream over from another finds it running
    for (const claim of next) if (!before.has(claim)) claim.start()
    for (const claim of before) if (!next.has(claim)) claim.stop()
  }
}
