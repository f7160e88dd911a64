/** Lets everything else that waits in the event loop have its turn: for work in portions. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** How long work in portions keeps everything else waiting, in ms: the item that is under way then is the last one. */
const PORTION_MS = 10

/** `items.map(change)`, in portions of about ten milliseconds, between which everything else has its turn. */
export async function mapInPortions<Item, Result>(
  items: readonly Item[],
  change: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  let begun = performance.now()
  for (const item of items) {
    if (performance.now() - begun > PORTION_MS) {
      await turn()
      begun = performance.now()
    }
    results.push(change(item))
  }
  return results
}

/** What work in steps comes to, with a pause after each of them where one is given. */
export async function inSteps<Result>(
  work: Generator<void, Result, void>,
  pause?: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const step = work.next()
    await pause?.()
    if (step.done) return step.value
  }
}
