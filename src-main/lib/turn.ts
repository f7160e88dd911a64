/** Lets everything else that waits in the event loop have its turn: for work in portions. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** `items.map(change)`; everything else has its turn after each `portion` of them. */
export async function mapInPortions<Item, Result>(
  items: readonly Item[],
  portion: number,
  change: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % portion === 0) await turn()
    results.push(change(item))
  }
  return results
}
