/** Lets everything else that waits in the event loop have its turn: for work in portions. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
