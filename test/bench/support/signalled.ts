/** Something that changes by events, and whose changes can be waited for without polling. */
export abstract class Signalled {
  readonly #checks = new Set<() => void>()

  /** To be called after every change. */
  protected changed(): void {
    for (const check of this.#checks) check()
  }

  /** What is to be seen now, for the message of a wait that failed. */
  protected abstract describe(): string

  /**
   * Resolves at the change that makes `test` true, or now.
   * @returns `performance.now()` of that moment
   * @throws after `timeoutMs`
   */
  until(what: string, test: () => boolean, timeoutMs = 120_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#checks.delete(check)
      }
      const check = () => {
        if (!test()) return
        end()
        resolve(performance.now())
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`waited ${timeoutMs / 1000} s for ${what}; seen last: ${this.describe()}`))
      }, timeoutMs)
      this.#checks.add(check)
      check()
    })
  }
}
