import { getCurrentScope, inject, onScopeDispose, shallowRef, type InjectionKey, type ShallowRef } from 'vue'
import type { KubeObject } from '../../src-main/api/types.ts'
import type { ResourceName } from '../api/resources.ts'
import type { Collection, Hub } from '../data/hub.ts'
import { RowStore } from '../data/row-store.ts'
import type { RowKind } from '../rows/row-kind.ts'

/** The connection to the control plane, and the rows made from it: one for the whole window. */
export class Cluster {
  readonly hub: Hub
  readonly #stores = new Map<ResourceName, RowStore<never>>()

  constructor(hub: Hub) {
    this.hub = hub
  }

  rows<T extends KubeObject>(kind: RowKind<T>): RowStore<T> {
    const known = this.#stores.get(kind.resource)
    if (known) return known as unknown as RowStore<T>
    const store = new RowStore(kind, this.hub)
    this.#stores.set(kind.resource, store as unknown as RowStore<never>)
    return store
  }
}

export const CLUSTER: InjectionKey<Cluster> = Symbol('cluster')

export function useCluster(): Cluster {
  const cluster = inject(CLUSTER)
  if (!cluster) throw new Error('The window was mounted without a cluster: provide CLUSTER in main.ts.')
  return cluster
}

/** Watches a kind for as long as the calling component lives. */
export function useCollection<T extends KubeObject>(name: ResourceName, priority: number): Collection<T> {
  const { hub } = useCluster()
  onScopeDispose(hub.watch(name, priority))
  return hub.collection<T>(name)
}

/** Grows whenever rows of a kind change. */
export function useRowVersion(kind: RowKind): Readonly<ShallowRef<number>> {
  const version = shallowRef(0)
  const stop = useCluster()
    .rows(kind)
    .subscribe(() => version.value++)
  if (getCurrentScope()) onScopeDispose(stop)
  return version
}
