import type { Clock } from '../../lib/clock.ts'
import type { ObjectStore, StoredObject } from '../../store/object-store.ts'

/** What the registry's operations stand on. */
export interface RegistryContext {
  store: ObjectStore
  clock: Clock
}

/** A competing write that fails makes no event: look again after this long. */
const LOOK_AGAIN_MS = 50

/**
 * Waits until the write that came in the way of one resting on `seen` is committed. The store refuses a second writer
 * as soon as the first is under way, so reading again at once would find nothing new, for as long as the disk takes.
 */
export function competingWrite(
  { store, clock }: RegistryContext,
  resource: string,
  seen: StoredObject,
): Promise<void> {
  const { name, namespace, resourceVersion } = seen.metadata
  if (store.get(resource, name, namespace)?.metadata.resourceVersion !== resourceVersion)
    return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      cancel()
      dispose()
      resolve()
    }
    const cancel = clock.after(LOOK_AGAIN_MS, done)
    const dispose = store.watch(resource, undefined, ({ object: { metadata } }) => {
      if (metadata.name === name && metadata.namespace === namespace) queueMicrotask(done)
    })
  })
}
