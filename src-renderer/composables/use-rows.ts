import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { nameKey } from '../data/object-cache.ts'
import { parseFilter } from '../data/filter.ts'
import type { Row } from '../data/row-store.ts'
import { SortedRows, type SortKey } from '../data/sorted-rows.ts'
import type { RowKind } from '../rows/row-kind.ts'
import { useCluster } from './use-cluster.ts'

export interface RowsView {
  /** Column id, with `-` before it to turn the order round. */
  sort: () => string
  /** None: all. */
  namespaces: () => readonly string[]
  filter: () => string
}

export interface Rows {
  /** The ids that pass the filters, in order. */
  ids: Readonly<ShallowRef<readonly string[]>>
  /** Grows when any row was made again. */
  version: Readonly<ShallowRef<number>>
  rowOf(id: string): Row | undefined
}

/** The rows of a kind, filtered and sorted, kept so as the objects change. */
export function useRows(kind: RowKind, view: RowsView): Rows {
  const store = useCluster().rows(kind)
  const ids = shallowRef<readonly string[]>([])
  const version = shallowRef(0)
  let sorted = new SortedRows()
  let keyOf: (row: Row) => SortKey | undefined = () => undefined

  function update(changed: Iterable<string>): void {
    const keys = new Map<string, SortKey | undefined>()
    for (const id of changed) {
      const row = store.get(id)
      keys.set(id, row && keyOf(row))
    }
    if (sorted.update(keys)) ids.value = sorted.ids
    version.value++
  }

  function rebuild(): void {
    const sort = view.sort()
    const column = sort.replace(/^-/, '')
    const namespaces = new Set(view.namespaces())
    const passes = parseFilter(view.filter())
    keyOf = row => {
      const { namespace } = row.object.metadata
      if (namespaces.size > 0 && namespace !== undefined && !namespaces.has(namespace)) return undefined
      if (!passes(row.filterable)) return undefined
      const cell = row.cells[column]
      const value = cell?.sort ?? (cell && 'text' in cell ? cell.text : '')
      return { value, tie: nameKey(row.object.metadata) }
    }
    sorted = new SortedRows(sort.startsWith('-') ? -1 : 1)
    ids.value = []
    update(store.ids)
  }

  watch([view.sort, () => view.namespaces().join(), view.filter], rebuild, { immediate: true })
  onScopeDispose(store.subscribe(update))
  return { ids, version, rowOf: id => store.get(id) }
}
