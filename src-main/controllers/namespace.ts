import type { Client, WriteOptions } from '../api/client.ts'
import type { KindSet } from '../api/kinds/kind-set.ts'
import type { Kind } from '../api/kinds/kind.ts'
import { NamespaceKind } from '../api/kinds/namespace.ts'
import type { KubeObject, Namespace } from '../api/types.ts'
import { writeInPortions } from '../lib/turn.ts'
import { withCondition } from './runtime/conditions.ts'
import {
  changesOf,
  changesOfEach,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from './runtime/controller.ts'

/** A client that can take the last step of a Namespace's deletion. */
export interface FinalizingClient extends Client {
  /** Replaces `spec.finalizers`. */
  finalize<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
}

export interface NamespaceControllerOptions extends ControllerOptions {
  client: FinalizingClient
  kinds: KindSet
}

const FINALIZER = 'kubernetes'

/**
 * Empties a Namespace that is being deleted, and lets it go once nothing is left in it.
 * Source: kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
 */
export function createNamespaceController(options: NamespaceControllerOptions): Controller {
  const { client, clock, kinds } = options

  const isTerminating = (name: string | undefined) =>
    name !== undefined && client.get(NamespaceKind, name)?.metadata.deletionTimestamp !== undefined

  return createReconciler({
    ...options,
    name: 'namespace',
    sources: [
      changesOf(NamespaceKind, namespace => [namespace.metadata.name]),
      changesOfEach(kinds, kind =>
        changesOf(
          kind,
          ({ metadata }) =>
            metadata.namespace !== undefined && isTerminating(metadata.namespace) ? [metadata.namespace] : [],
          ({ type }) => type !== 'MODIFIED',
        ),
      ),
    ],
    objectOf: name => client.get(NamespaceKind, name),
    async reconcile(name) {
      const namespace = client.get(NamespaceKind, name)
      if (!namespace?.metadata.deletionTimestamp) return
      const namespaced = kinds.stored.filter(kind => kind.namespaced)
      // All at once: what one owns must not be made again because it went first
      await Promise.all(namespaced.map(kind => deleteAll(client, kind, name)))
      const left = remaining(client, namespaced, name)
      if (left.length > 0) {
        await tellWhatIsLeft(client, namespace, left, clock.now())
        return
      }
      const finalizers = namespace.spec?.finalizers ?? []
      if (!finalizers.includes(FINALIZER)) return
      const others = finalizers.filter(finalizer => finalizer !== FINALIZER)
      // The Namespace as it is now: telling what is left has changed it.
      const stored = client.get(NamespaceKind, name)
      if (stored)
        await client.finalize(NamespaceKind, { ...stored, spec: { ...stored.spec, finalizers: others } })
    },
  })
}

async function deleteAll(client: Client, kind: Kind, namespace: string): Promise<void> {
  const objects = client.list(kind, { namespace }).filter(({ metadata }) => !metadata.deletionTimestamp)
  await writeInPortions(objects, ({ metadata }) =>
    client.delete(kind, metadata, { preconditions: { uid: metadata.uid } }),
  )
}

function remaining(client: Client, namespaced: readonly Kind[], namespace: string): string[] {
  return namespaced.flatMap(kind => {
    const count = client.list(kind, { namespace }).length
    return count > 0 ? [`${count} ${count === 1 ? kind.singular : kind.plural}`] : []
  })
}

function tellWhatIsLeft(client: Client, { metadata }: Namespace, left: readonly string[], nowMs: number) {
  return client.modifyStatus(NamespaceKind, metadata, draft => {
    const condition = {
      type: 'NamespaceContentRemaining',
      status: 'True' as const,
      reason: 'SomeResourcesRemain',
      message: `Waiting for the end of: ${left.join(', ')}.`,
    }
    const conditions = withCondition(draft.status?.conditions, condition, nowMs)
    draft.status = { ...draft.status, phase: 'Terminating', conditions }
  })
}
