import { randomUUID } from 'node:crypto'
import { type Clock, formatTime } from '../../lib/clock.ts'
import { badRequest, invalid, isStatusError, notFound, StatusError } from '../../lib/errors.ts'
import { copyJson } from '../../lib/json.ts'
import { generateName } from '../../lib/names.ts'
import type { ObjectStore } from '../../store/object-store.ts'
import { type Kind, resourceOf } from '../kinds/kind.ts'
import type { KubeObject, NewObject } from '../types.ts'
import { admit } from './admit.ts'
import { announced, type RegistryContext } from './contention.ts'
import { lookupIn } from './lookup.ts'
import { manageFields, setManagedFields } from './manage-fields.ts'
import { setTypeMeta } from './metadata.ts'
import type { Draft, RequestOptions } from './request.ts'
import { review } from './review.ts'
import { asStatusError } from './store-errors.ts'

/** How often a generated name may turn out to be taken before the caller is told. */
const GENERATE_ATTEMPTS = 8

/**
 * Stores a new object: names it, checks its namespace, fills in what the server owns, defaults and validates it.
 * @throws StatusError MethodNotAllowed (a kind that is refused), AlreadyExists, NotFound (namespace), Forbidden (namespace is terminating), Invalid, BadRequest
 */
export async function createObject(
  context: RegistryContext,
  kind: Kind,
  input: NewObject,
  options: RequestOptions = {},
): Promise<KubeObject> {
  if (kind.refused) {
    throw new StatusError('MethodNotAllowed', `${resourceOf(kind)} cannot be created: ${kind.refused}`)
  }
  const lookup = lookupIn(context)
  for (let attempt = 1; ; attempt++) {
    const draft = draftOf(kind, input, context.clock)
    await options.pause?.()
    let written = draft
    admit(kind, draft, {
      options,
      prepare: object => {
        kind.defaults?.(object)
        if (kind.prepareForCreate && options.fieldManager) written = copyJson(object)
        kind.prepareForCreate?.(object, lookup)
      },
    })
    try {
      return await announced(context, resourceOf(kind), { draft, options }, () =>
        complete(context, kind, draft, { written, options }),
      )
    } catch (error) {
      const generated = !input.metadata.name && attempt < GENERATE_ATTEMPTS
      if (!generated || !isStatusError(error, 'AlreadyExists')) throw error
    }
  }
}

/**
 * Stores an admitted draft, if it keeps its kind's rules and there is a place for it.
 * @param written the draft as its writer wants it: what the server adds of its own accord is not the writer's, and who
 * applies later must not take it away
 */
async function complete(
  { store, clock }: RegistryContext,
  kind: Kind,
  draft: Draft,
  { written, options }: { written: Draft; options: RequestOptions },
): Promise<KubeObject> {
  await review(kind, draft, { options })
  if (kind.namespaced) requireLiveNamespace(store, kind, draft)
  manageFields(kind, written, { options, clock })
  if (written !== draft) setManagedFields(draft, written.metadata.managedFields)
  return insert(store, kind, draft, options)
}

async function insert(
  store: ObjectStore,
  kind: Kind,
  draft: Draft,
  options: RequestOptions,
): Promise<KubeObject> {
  const resource = resourceOf(kind)
  const { name, namespace } = draft.metadata
  if (options.dryRun) {
    if (store.get(resource, name, namespace)) {
      throw new StatusError('AlreadyExists', `${resource} "${name}" already exists`, {
        details: { name, group: kind.group, kind: kind.plural },
      })
    }
    return draft
  }
  try {
    return (await store.create(resource, draft)) as KubeObject
  } catch (error) {
    throw asStatusError(error, kind, name)
  }
}

function draftOf(kind: Kind, input: NewObject, clock: Clock): Draft {
  const draft = copyJson(input) as Draft
  setTypeMeta(kind, draft)
  const { metadata } = draft
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName)
  if (!kind.namespaced) delete metadata.namespace
  metadata.uid = randomUUID()
  metadata.creationTimestamp = formatTime(clock.now())
  for (const key of [
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'managedFields',
    'selfLink',
  ]) {
    delete (metadata as object as Record<string, unknown>)[key]
  }
  if (kind.custom || draft.spec !== undefined) metadata.generation = 1
  if (kind.subresources.includes('status') && !kind.statusOnCreate) delete draft.status
  return draft
}

function requireLiveNamespace(store: ObjectStore, kind: Kind, { metadata }: Draft): void {
  const name = metadata.namespace
  if (!name) {
    throw invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, metadata.name, [
      { reason: 'FieldValueRequired', message: 'Required value', field: 'metadata.namespace' },
    ])
  }
  const namespace = store.get('namespaces', name)
  if (!namespace) throw notFound({ group: '', resource: 'namespaces' }, name)
  if ((namespace as KubeObject).metadata.deletionTimestamp) {
    const why = `unable to create new content in namespace ${name} because it is being terminated`
    throw new StatusError('Forbidden', `${resourceOf(kind)} "${metadata.name}" is forbidden: ${why}`, {
      details: {
        name: metadata.name,
        ...(kind.group ? { group: kind.group } : {}),
        kind: kind.plural,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${name} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    })
  }
}
