/** Ends a subscription, watch or timer. Calling it twice is harmless. */
export type Dispose = () => void

/** Gathers ways out, to be taken together in reverse order. */
export class Disposers {
  #list: Dispose[] = []

  add(dispose: Dispose): void {
    this.#list.push(dispose)
  }

  disposeAll(): void {
    for (const dispose of this.#list.splice(0).reverse()) dispose()
  }
}
