/**
 * Lets everything else that waits in the event loop have its turn. One `setImmediate` is not enough: asked for while
 * input is handled, it comes before the timers, and before the input that has arrived meanwhile.
 */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(() => setImmediate(resolve)))
}

/** How long work in portions keeps everything else waiting, in ms: what is under way then is done first. */
const PORTION_MS = 10

/** To be called between the steps of work that may be large. Undefined: nobody has waited for long enough. */
export type Pause = () => Promise<void> | undefined

/** Pauses for work that begins now, as often as is needed for others to have their turn about every ten milliseconds. */
export function portions(): Pause {
  let begun = performance.now()
  return () => {
    if (performance.now() - begun < PORTION_MS) return undefined
    return turn().then(() => {
      begun = performance.now()
    })
  }
}

/** `items.map(change)`, in portions. */
export async function mapInPortions<Item, Result>(
  items: readonly Item[],
  change: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  const pause = portions()
  for (const item of items) {
    const others = pause()
    if (others) await others
    results.push(change(item))
  }
  return results
}

/** How many writes of one task are under way at a time: enough to share each wait for the disk. */
const WRITES = 50

/** `Promise.allSettled(items.map(write))`, in portions and some at a time, however many or large the items are. */
export async function settleInPortions<Item, Result>(
  items: readonly Item[],
  write: (item: Item) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = []
  const pause = portions()
  for (let start = 0; start < items.length; start += WRITES) {
    const begun: Promise<[PromiseSettledResult<Result>]>[] = []
    for (const item of items.slice(start, start + WRITES)) {
      const others = pause()
      if (others) await others
      // a failure is heard of at once, also during a pause
      begun.push(Promise.allSettled([write(item)]))
    }
    results.push(...(await Promise.all(begun)).flat())
  }
  return results
}

/** `Promise.all(items.map(write))` as above, for what no result is asked of. @throws the first failure, at the end */
export async function writeInPortions<Item>(
  items: readonly Item[],
  write: (item: Item) => Promise<unknown>,
): Promise<void> {
  const failed = (await settleInPortions(items, write)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** What work that yields between its steps comes to. */
export async function inSteps<Result>(work: Generator<void, Result, void>, pause?: Pause): Promise<Result> {
  for (;;) {
    const step = work.next()
    const others = pause?.()
    if (others) await others
    if (step.done) return step.value
  }
}
