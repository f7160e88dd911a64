import { type Lookup, resourceOf } from '../kinds/kind.ts'
import type { RegistryContext } from './contention.ts'

export function lookupIn({ store, writing }: RegistryContext): Lookup {
  return {
    get: (kind, name, namespace) =>
      store.get(resourceOf(kind), name, namespace) as ReturnType<Lookup['get']> as never,
    list: kind => store.list(resourceOf(kind)) as unknown[] as never,
    writing: kind => (writing.get(resourceOf(kind)) ?? []) as Iterable<unknown> as never,
  }
}
