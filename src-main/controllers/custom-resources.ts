import { nameConflicts } from '../api/custom/definitions.ts'
import { CLEANUP_FINALIZER, CustomResourceDefinitionKind } from '../api/kinds/custom-resource-definition.ts'
import type { KindSet } from '../api/kinds/kind-set.ts'
import type { Kind } from '../api/kinds/kind.ts'
import type { CustomResourceDefinition } from '../api/types.ts'
import type { Client } from '../api/client.ts'
import { writeInPortions } from '../lib/turn.ts'
import { type Condition, conditionOf, withCondition } from './runtime/conditions.ts'
import {
  changesOf,
  changesOfEach,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from './runtime/controller.ts'

export interface CustomResourcesOptions extends ControllerOptions {
  kinds: KindSet
}

/**
 * Tells on each CustomResourceDefinition whether its names are free and its kind is served, and removes the instances
 * before a definition goes. (The kinds themselves are served as soon as the definition is stored: api/custom.)
 * Source: apiextensions-apiserver pkg/controller/{status,establish,finalizer}.
 */
export function createCustomResourcesController(options: CustomResourcesOptions): Controller {
  const { client, clock, kinds } = options
  const definitionOf = (kind: Kind) => `${kind.plural}.${kind.group}`
  return createReconciler({
    ...options,
    name: 'custom-resources',
    sources: [
      // Names that become free concern every other definition
      changesOf(CustomResourceDefinitionKind, () =>
        client.list(CustomResourceDefinitionKind).map(({ metadata }) => metadata.name),
      ),
      changesOfEach(kinds, kind =>
        kind.custom
          ? changesOf(
              kind,
              () => [definitionOf(kind)],
              ({ type }) => type === 'DELETED',
            )
          : () => () => undefined,
      ),
    ],
    objectOf: name => client.get(CustomResourceDefinitionKind, name),
    async reconcile(name) {
      const definition = client.get(CustomResourceDefinitionKind, name)
      if (!definition) return
      if (definition.metadata.deletionTimestamp) {
        const kind = kinds.stored.find(known => known.custom && definitionOf(known) === name)
        await cleanUp(client, definition, { kind, nowMs: clock.now() })
        return
      }
      const conflict = nameConflicts(client.list(CustomResourceDefinitionKind), kinds.own).get(name)
      await client.modifyStatus(CustomResourceDefinitionKind, definition.metadata, draft =>
        setStatus(draft, conflict, clock.now()),
      )
    },
  })
}

function setStatus(draft: CustomResourceDefinition, conflict: string | undefined, nowMs: number): void {
  const before = draft.status?.conditions
  const named = withCondition(
    before as Condition[] | undefined,
    conflict
      ? { type: 'NamesAccepted', status: 'False', reason: 'NameConflict', message: conflict }
      : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    nowMs,
  )
  const conditions = withCondition(
    named,
    conflict
      ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
      : {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
    nowMs,
  )
  draft.status = {
    ...draft.status,
    conditions: conditions as NonNullable<CustomResourceDefinition['status']>['conditions'],
    ...(conflict ? {} : { acceptedNames: structuredClone(draft.spec.names) }),
  }
}

/** Deletes the instances; the definition goes once none is left. */
async function cleanUp(
  client: Client,
  { metadata, status }: CustomResourceDefinition,
  { kind, nowMs }: { kind: Kind | undefined; nowMs: number },
): Promise<void> {
  if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) return
  // Without a kind its names were never accepted, so that there are no instances
  const instances = kind ? client.list(kind) : []
  if (kind && instances.length > 0) {
    if (conditionOf(status?.conditions as Condition[] | undefined, 'Terminating')?.status !== 'True') {
      await client.modifyStatus(CustomResourceDefinitionKind, metadata, draft => {
        const terminating = {
          type: 'Terminating',
          status: 'True',
          reason: 'InstanceDeletionInProgress',
          message: 'CustomResource deletion is in progress',
        }
        const conditions = withCondition(
          draft.status?.conditions as Condition[] | undefined,
          terminating,
          nowMs,
        )
        draft.status = {
          ...draft.status,
          conditions: conditions as NonNullable<CustomResourceDefinition['status']>['conditions'],
        }
      })
    }
    await writeInPortions(
      instances.filter(instance => !instance.metadata.deletionTimestamp),
      ({ metadata: instance }) => client.delete(kind, instance, { preconditions: { uid: instance.uid } }),
    )
    if (client.list(kind).length > 0) return
  }
  await client.modify(CustomResourceDefinitionKind, metadata, draft => {
    draft.metadata.finalizers = draft.metadata.finalizers?.filter(name => name !== CLEANUP_FINALIZER)
  })
}
