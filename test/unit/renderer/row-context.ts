import type { KubeObject } from '../../../src-main/api/types.ts'
import { isResourceName, type ResourceName } from '../../../src-renderer/api/resources.ts'
import type { Collection } from '../../../src-renderer/data/hub.ts'
import { indexes } from '../../../src-renderer/data/indexes.ts'
import { ObjectCache } from '../../../src-renderer/data/object-cache.ts'
import type { RowContext } from '../../../src-renderer/rows/row-kind.ts'

/** What rows are made of besides their own object, as the window would hold it. */
export function rowContext(objects: Partial<Record<ResourceName, readonly KubeObject[]>> = {}): RowContext {
  const caches = new Map<string, ObjectCache>()
  const cacheOf = (name: ResourceName) => {
    const known = caches.get(name)
    if (known) return known
    const cache = new ObjectCache(indexes[name] as Record<string, (object: KubeObject) => string | undefined>)
    caches.set(name, cache)
    return cache
  }
  for (const [name, held] of Object.entries(objects)) if (isResourceName(name)) cacheOf(name).replace(held)
  return {
    collection: <T extends KubeObject>(name: ResourceName) =>
      ({ cache: cacheOf(name) }) as unknown as Collection<T>,
  }
}
