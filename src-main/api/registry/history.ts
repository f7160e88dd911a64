import { orderKey, selectionFilter } from '../../store/object-index.ts'
import type { ObjectStore, StoredObject, StoreEvent, StoreSelection } from '../../store/object-store.ts'

/**
 * The objects as they were at `revision`: today's list with every later change taken back. That is what makes the
 * pages of one list agree with each other without the server keeping a copy per client.
 * @throws RevisionCompacted when the changes since then are no longer kept
 */
export function listAt(
  store: ObjectStore,
  resource: string,
  revision: number,
  selection: StoreSelection = {},
): StoredObject[] {
  const later: StoreEvent[] = []
  store.watch(resource, revision, event => later.push(event))()
  if (later.length === 0) return store.list(resource, selection)
  const objects = new Map(store.list(resource).map(object => [orderKey(object), object]))
  for (const { object, previous } of later.reverse()) {
    if (previous) objects.set(orderKey(object), previous)
    else objects.delete(orderKey(object))
  }
  const isSelected = selectionFilter(selection)
  return [...objects]
    .filter(([, object]) => isSelected(object))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, object]) => object)
}
