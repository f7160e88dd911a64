import { type Dispose, Disposers } from '../lib/disposer.ts'
import type { Client } from './client.ts'
import type { EventRecorder } from './events.ts'
import type { Kind } from './kinds/kind.ts'
import type { KubeObject } from './types.ts'

/**
 * Tells, as an event, which fields of an object are accepted but have no effect yet: once for each generation of the
 * object. Objects made by a controller are passed over, because their owner was told already.
 */
export function reportNotHonoured({
  client,
  kinds,
  events,
}: {
  client: Client
  kinds: readonly Kind[]
  events: EventRecorder
}): Dispose {
  const disposers = new Disposers()
  for (const kind of kinds) {
    if (!kind.notHonoured) continue
    disposers.add(
      client.watch(kind, ({ type, object, previous }) => {
        if (type === 'DELETED' || isControlled(object)) return
        if (previous && previous.metadata.generation === object.metadata.generation) return
        const fields = kind.notHonoured?.(object) ?? []
        if (fields.length === 0) return
        const message = fields.map(({ field, why }) => `${field}: ${why}`).join('; ')
        events.event(object, 'Warning', 'NotHonoured', message)
      }),
    )
  }
  return () => disposers.disposeAll()
}

function isControlled({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some(owner => owner.controller) ?? false
}
