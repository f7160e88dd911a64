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
  const merged: unknown[] = replaces ? [] : [...current]
  const places = placesById(merged, idOf)
  const gone = new Set<number>()
  for (const element of elements) {
    const { [DIRECTIVE]: directive, ...content } = element
    if (directive === 'replace') continue
    const id = content[mergeKey]
    if (id === undefined)
      throw badRequest(`${field}: an element has no "${mergeKey}", by which this list is merged`)
    const known = places.get(id) ?? []
    if (directive === 'delete') {
      for (const place of known) gone.add(place)
      places.delete(id)
    } else if (directive === undefined || directive === 'merge') {
      const [place = merged.length] = known
      const old = merged[place]
      merged[place] = mergeElement(isJsonObject(old) ? old : {}, content)
      if (known.length === 0) places.set(id, [place])
    } else throw badRequest(`${field}: unknown patch directive ${JSON.stringify(directive)}`)
  }
  const wanted = (order ?? elements.filter(element => element[DIRECTIVE] === undefined)).map(idOf)
  const left = merged.filter((_, place) => !gone.has(place))
  return inOrder(left, { wanted, before: current, idOf })
}

/** Where the elements with an id are; lists of other origin may have one twice. */
function placesById(list: readonly unknown[], idOf: (item: unknown) => unknown): Map<unknown, number[]> {
  const places = new Map<unknown, number[]>()
  list.forEach((item, place) => {
    const id = idOf(item)
    const known = places.get(id)
    if (known) known.push(place)
    else places.set(id, [place])
  })
  return places
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
  const places = firstPlaces(before.map(idOf))
  const ranks = firstPlaces(wanted)
  const known = merged.filter(item => ranks.has(idOf(item)))
  known.sort((a, b) => (ranks.get(idOf(a)) ?? 0) - (ranks.get(idOf(b)) ?? 0))
  const serverOnly = merged.filter(item => !ranks.has(idOf(item)))
  const result: unknown[] = []
  let server = 0
  let client = 0
  while (server < serverOnly.length && client < known.length) {
    const left = places.get(idOf(serverOnly[server]))
    const right = places.get(idOf(known[client]))
    const serverFirst = left !== undefined && right !== undefined && left < right
    result.push(serverFirst ? serverOnly[server++] : known[client++])
  }
  return [...result, ...serverOnly.slice(server), ...known.slice(client)]
}

function firstPlaces(ids: readonly unknown[]): Map<unknown, number> {
  const places = new Map<unknown, number>()
  ids.forEach((id, place) => {
    if (!places.has(id)) places.set(id, place)
  })
  return places
}
