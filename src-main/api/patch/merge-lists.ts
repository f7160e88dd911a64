import { badRequest } from '../../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'

const DIRECTIVE = '$patch'

/**
 * Adds the new values of a list of plain values, each once. `order` is `$setElementOrder`; without it the patch's own
 * order counts.
 */
export function mergePlainList(
  current: readonly unknown[],
  patch: readonly unknown[],
  order?: unknown[],
): unknown[] {
  const merged = [...new Set([...current, ...patch])]
  return inOrder(merged, { wanted: order ?? patch, before: current, idOf: value => value })
}

/**
 * Merges a list of objects by their merge key. Elements may carry `$patch: delete`, or one element of the patch
 * `$patch: replace`, which replaces the whole list by the patch's others.
 */
export function mergeKeyedList(
  current: readonly unknown[],
  patch: readonly unknown[],
  {
    field,
    mergeKey,
    order,
    mergeElement,
  }: {
    field: string
    mergeKey: string
    order?: unknown[]
    mergeElement: (old: JsonObject, element: JsonObject) => JsonObject
  },
): unknown[] {
  const elements = patch.map(element => {
    if (!isJsonObject(element)) throw badRequest(`${field}: an element of this list is an object`)
    return element
  })
  const replaces = elements.some(element => element[DIRECTIVE] === 'replace')
  const idOf = (element: unknown) => (isJsonObject(element) ? element[mergeKey] : undefined)
  let merged: unknown[] = replaces ? [] : [...current]
  for (const element of elements) {
    const { [DIRECTIVE]: directive, ...content } = element
    if (directive === 'replace') continue
    const id = content[mergeKey]
    if (id === undefined)
      throw badRequest(`${field}: an element has no "${mergeKey}", by which this list is merged`)
    if (directive === 'delete') merged = merged.filter(item => idOf(item) !== id)
    else if (directive === undefined || directive === 'merge') {
      const index = merged.findIndex(item => idOf(item) === id)
      const old = merged[index]
      const value = mergeElement(isJsonObject(old) ? old : {}, content)
      if (index < 0) merged.push(value)
      else merged[index] = value
    } else throw badRequest(`${field}: unknown patch directive ${JSON.stringify(directive)}`)
  }
  const wanted = (order ?? elements.filter(element => element[DIRECTIVE] === undefined)).map(idOf)
  return inOrder(merged, { wanted, before: current, idOf })
}

/**
 * Puts a merged list in the order that the client asked for. What the client does not know of keeps its place
 * relative to its old neighbours, as well as that goes (strategicpatch `mergeSortedSlice`).
 */
function inOrder(
  merged: readonly unknown[],
  {
    wanted,
    before,
    idOf,
  }: { wanted: readonly unknown[]; before: readonly unknown[]; idOf: (item: unknown) => unknown },
): unknown[] {
  const places = before.map(idOf)
  const known = merged.filter(item => wanted.includes(idOf(item)))
  known.sort((a, b) => wanted.indexOf(idOf(a)) - wanted.indexOf(idOf(b)))
  const serverOnly = merged.filter(item => !wanted.includes(idOf(item)))
  const result: unknown[] = []
  while (serverOnly.length > 0 && known.length > 0) {
    const left = places.indexOf(idOf(serverOnly[0]))
    const right = places.indexOf(idOf(known[0]))
    const serverFirst = left >= 0 && right >= 0 && left < right
    result.push((serverFirst ? serverOnly : known).shift())
  }
  return [...result, ...serverOnly, ...known]
}
