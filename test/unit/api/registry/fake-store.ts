import type { ObjectStore, StoredObject, StoreEvent } from '../../../../src-main/store/object-store.ts'
import { selectionFilter } from '../../../../src-main/store/object-index.ts'
import { RevisionCompacted, RevisionMismatch } from '../../../../src-main/store/port.ts'
import { copyJson } from '../../../../src-main/lib/json.ts'

/** The store's contract in the plainest way, for tests of what stands on it. */
export function createFakeStore({ keep = Infinity }: { keep?: number } = {}): ObjectStore {
  const objects = new Map<string, StoredObject>()
  const history: StoreEvent[] = []
  const listeners = new Set<(event: StoreEvent) => void>()
  let revision = 0
  const keyOf = (resource: string, name: string, namespace = '') => `${resource}/${namespace}/${name}`
  const commit = (type: StoreEvent['type'], resource: string, object: StoredObject, expected: number) => {
    const key = keyOf(resource, object.metadata.name, object.metadata.namespace)
    const previous = objects.get(key)
    const actual = Number(previous?.metadata.resourceVersion ?? 0)
    if (actual !== expected) throw new RevisionMismatch(key, expected, actual)
    const stored = freeze(copyJson(object))
    revision++
    const event: StoreEvent = { type, resource, object: stored, revision, ...(previous ? { previous } : {}) }
    if (type === 'DELETED') objects.delete(key)
    else objects.set(key, stored)
    history.push(event)
    for (const listener of [...listeners]) listener(event)
    return stored
  }
  const freeze = (object: StoredObject) => {
    object.metadata.resourceVersion = String(revision + 1)
    return deepFreeze(object)
  }
  return {
    get revision() {
      return revision
    },
    get: (resource, name, namespace) => objects.get(keyOf(resource, name, namespace)),
    list: (resource, selection = {}) =>
      [...objects.entries()]
        .filter(([key, object]) => key.startsWith(`${resource}/`) && selectionFilter(selection)(object))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object),
    create: async (resource, object) => commit('ADDED', resource, object, 0),
    update: async (resource, object) =>
      commit('MODIFIED', resource, object, Number(object.metadata.resourceVersion)),
    delete: async (resource, object) =>
      commit('DELETED', resource, object, Number(object.metadata.resourceVersion)),
    settled: async () => {},
    watch(resource, from, listener) {
      const relevant = (event: StoreEvent) => {
        if (resource === undefined || event.resource === resource) listener(event)
      }
      if (from !== undefined) {
        if (from < revision - keep) throw new RevisionCompacted(from, revision - keep)
        for (const event of history.filter(event => event.revision > from)) relevant(event)
      }
      listeners.add(relevant)
      return () => listeners.delete(relevant)
    },
    close: async () => {},
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
