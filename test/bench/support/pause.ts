/** Resolves after `ms` milliseconds; at once when they are over. */
export function pause(ms: number): Promise<void> {
  return ms > 0 ? new Promise(resolve => setTimeout(resolve, ms)) : Promise.resolve()
}
