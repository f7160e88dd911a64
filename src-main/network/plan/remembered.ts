/**
 * Remembers what was made of an object and of the rest that it was made of. Objects of the store are never changed, only
 * replaced: as long as all of these are the same ones, so is what was made of them. It is forgotten with its object.
 */
export function remembered<K extends object, V>(): (object: K, rest: readonly unknown[], make: () => V) => V {
  const known = new WeakMap<K, { rest: readonly unknown[]; value: V }>()
  return (object, rest, make) => {
    const before = known.get(object)
    if (before && sameItems(before.rest, rest)) return before.value
    const value = make()
    known.set(object, { rest, value })
    return value
  }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
