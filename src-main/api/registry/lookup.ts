import type { ObjectStore } from '../../store/object-store.ts'
import { type Lookup, resourceOf } from '../kinds/kind.ts'

export function lookupIn(store: ObjectStore): Lookup {
  return {
    get: (kind, name, namespace) =>
      store.get(resourceOf(kind), name, namespace) as ReturnType<Lookup['get']> as never,
    list: kind => store.list(resourceOf(kind)) as unknown[] as never,
  }
}
