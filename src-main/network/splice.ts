/** How a text becomes another one: its first `head` and last `tail` bytes stay, and between them comes `middle`. */
export interface Splice {
  head: number
  middle: Buffer
  tail: number
}

/** The shortest splice that makes `before` into `after`. */
export function spliceOf(before: string, after: string): Splice {
  if (before === after) return { head: Buffer.byteLength(after), middle: Buffer.alloc(0), tail: 0 }
  const [a, b] = [Buffer.from(before), Buffer.from(after)]
  const shorter = Math.min(a.length, b.length)
  const head = longest(shorter, length => a.compare(b, 0, length, 0, length) === 0)
  const tail = longest(
    shorter - head,
    length => a.compare(b, b.length - length, b.length, a.length - length, a.length) === 0,
  )
  return { head, middle: b.subarray(head, b.length - tail), tail }
}

/** The greatest length, from 0 to `limit`, that `fits`, where all that are less fit as well. */
function longest(limit: number, fits: (length: number) => boolean): number {
  let [low, high] = [0, limit]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
