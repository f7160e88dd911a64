import { CostExceeded } from './errors.ts'

/**
 * Counts the work of evaluating. A unit is about one access or call, or ten characters or bytes that are looked at, as in
 * Kubernetes' cost of CEL; a unit takes well under 100 ns.
 */
export class Budget {
  #left: number

  constructor(units: number) {
    this.#left = units
  }

  get left(): number {
    return this.#left
  }

  /** Without an error when there is not as much: there is nothing left then. */
  take(units: number): void {
    this.#left = Math.max(0, this.#left - units)
  }

  /** @throws CostExceeded */
  spend(units: number): void {
    this.#left -= units
    if (this.#left < 0) throw new CostExceeded('operation cancelled: actual cost limit exceeded')
  }

  /** For looking at a text of that many characters, or at that many bytes. @throws CostExceeded */
  spendText(length: number): void {
    this.spend(1 + length / 10)
  }

  /** For looking at all of a JSON value. @throws CostExceeded */
  spendJson(value: unknown): void {
    if (typeof value === 'string') this.spendText(value.length)
    else if (typeof value !== 'object' || value === null) this.spend(1)
    else {
      const parts = Object.values(value)
      this.spend(1 + parts.length)
      for (const part of parts) this.spendJson(part)
    }
  }
}
