export interface SortKey {
  value: string | number
  /** Breaks ties, so that the order is total and does not jump. */
  tie: string
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export function compareKeys(a: SortKey, b: SortKey): number {
  const order =
    typeof a.value === 'number' && typeof b.value === 'number'
      ? a.value - b.value
      : collator.compare(String(a.value), String(b.value))
  return order || collator.compare(a.tie, b.tie)
}

/**
 * Ids in the order of their keys. A burst of k changes among n ids costs one pass over the ids and k binary searches,
 * not a new sort of all.
 */
export class SortedRows {
  readonly #keys = new Map<string, SortKey>()
  readonly #direction: 1 | -1
  #ids: readonly string[] = []

  constructor(direction: 1 | -1 = 1) {
    this.#direction = direction
  }

  get ids(): readonly string[] {
    return this.#ids
  }

  /** Sets keys; an undefined key takes the id out. Returns whether the order changed. */
  update(changes: ReadonlyMap<string, SortKey | undefined>): boolean {
    const moved = new Map<string, SortKey>()
    const gone = new Set<string>()
    for (const [id, key] of changes) {
      const before = this.#keys.get(id)
      if (!key) {
        if (before) gone.add(id)
        this.#keys.delete(id)
        continue
      }
      if (before && compareKeys(before, key) === 0) continue
      if (before) gone.add(id)
      moved.set(id, key)
      this.#keys.set(id, key)
    }
    if (moved.size === 0 && gone.size === 0) return false
    const kept = gone.size === 0 ? this.#ids : this.#ids.filter(id => !gone.has(id))
    this.#ids = this.#merge(kept, [...moved.keys()].sort(this.#compare))
    return true
  }

  readonly #compare = (a: string, b: string): number => {
    const left = this.#keys.get(a)
    const right = this.#keys.get(b)
    return left && right ? this.#direction * compareKeys(left, right) : 0
  }

  #merge(kept: readonly string[], added: readonly string[]): readonly string[] {
    if (added.length === 0) return kept
    const merged: string[] = []
    let from = 0
    for (const id of added) {
      const at = this.#position(kept, id, from)
      for (let i = from; i < at; i++) merged.push(kept[i] as string)
      merged.push(id)
      from = at
    }
    for (let i = from; i < kept.length; i++) merged.push(kept[i] as string)
    return merged
  }

  /** The first place in `ids`, from `low` on, whose id sorts after `id`. */
  #position(ids: readonly string[], id: string, low: number): number {
    let high = ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(ids[middle] as string, id) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
