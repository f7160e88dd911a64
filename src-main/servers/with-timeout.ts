/** Rejects with a TimeoutError when `work` takes longer than `ms`; the work itself goes on. */
export function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  const timeout = AbortSignal.timeout(ms)
  return new Promise((resolve, reject) => {
    timeout.addEventListener('abort', () => reject(timeout.reason), { once: true })
    work.then(resolve, reject)
  })
}
