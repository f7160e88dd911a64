import { conflict, invalid, isStatusError, notFound, type StatusError } from '../../lib/errors.ts'
import { copyJson, equalJson } from '../../lib/json.ts'
import type { ObjectStore } from '../../store/object-store.ts'
import type { ObjectKey } from '../client.ts'
import { type Kind, type Lookup, resourceOf } from '../kinds/kind.ts'
import type { KubeObject } from '../types.ts'
import { inCanonicalForm } from '../validation/canonical-form.ts'
import { admit, hasStatusApart } from './admit.ts'
import { announced, CameBetween, type RegistryContext, writeInTurn } from './contention.ts'
import { isReadyToGo } from './finalizers.ts'
import { lookupIn } from './lookup.ts'
import { manageFields } from './manage-fields.ts'
import { carryMetadata, setTypeMeta } from './metadata.ts'
import type { Draft, RequestOptions } from './request.ts'
import { review } from './review.ts'
import { asStatusError } from './store-errors.ts'

/** Which part of an object a write replaces. */
export type UpdateTarget = 'object' | 'status' | 'finalize' | 'ephemeralcontainers'

/**
 * Replaces an object (or one part of it) by `input`, which is not changed. Nothing is written when nothing differs.
 * An object that is being deleted goes away with its last finalizer.
 * @returns the stored object; the last state when the object went away
 * @throws StatusError NotFound, Conflict, Invalid, BadRequest
 */
export async function updateObject(
  context: RegistryContext,
  kind: Kind,
  input: KubeObject,
  target: UpdateTarget = 'object',
  options: RequestOptions = {},
): Promise<KubeObject> {
  const { store } = context
  const { name, namespace } = input.metadata
  return writeInTurn(context, resourceOf(kind), { name, namespace }, async () => {
    const old = store.get(resourceOf(kind), name, namespace) as Draft | undefined
    if (!old) throw notFound({ group: kind.group, resource: kind.plural }, name)
    const wanted = input.metadata.resourceVersion
    if (!wanted && kind.custom) throw noVersionGiven(kind, name)
    if (wanted && wanted !== old.metadata.resourceVersion) {
      throw conflict({ group: kind.group, resource: kind.plural }, name)
    }
    const draft = draftOf(kind, input, { old, target, options, lookup: lookupIn(context) })
    return announced(context, resourceOf(kind), { draft, options }, () =>
      complete(context, kind, draft, { old, input, target, options }),
    )
  })
}

/** Stores an admitted draft, if it keeps its kind's rules and differs from what is there. */
async function complete(
  { store, clock }: RegistryContext,
  kind: Kind,
  draft: Draft,
  {
    old,
    input,
    target,
    options,
  }: { old: Draft; input: KubeObject; target: UpdateTarget; options: RequestOptions },
): Promise<KubeObject> {
  await review(kind, draft, { old, options })
  manageFields(kind, draft, {
    old,
    given: input.metadata.managedFields,
    options: target === 'object' ? options : { ...options, subresource: target },
    clock,
  })
  await options.pause?.()
  if (equalJson(draft, old)) return old
  if (options.dryRun) return draft
  try {
    return await write(store, kind, draft)
  } catch (error) {
    const status = asStatusError(error, kind, old.metadata.name)
    // Without a resourceVersion the caller asked to overwrite whatever is there.
    const overwrites = !input.metadata.resourceVersion
    throw overwrites && isStatusError(status, 'Conflict') ? new CameBetween(status) : status
  }
}

/** Custom objects are not overwritten unseen. Source: apiserver pkg/registry/generic/registry/store.go, Update. */
function noVersionGiven({ group, plural }: Kind, name: string): StatusError {
  return invalid({ group, resource: plural, kind: plural }, name, [
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0x0: must be specified for an update',
      field: 'metadata.resourceVersion',
    },
  ])
}

async function write(store: ObjectStore, kind: Kind, draft: Draft): Promise<KubeObject> {
  const resource = resourceOf(kind)
  return (await (isReadyToGo(draft)
    ? store.delete(resource, draft)
    : store.update(resource, draft))) as KubeObject
}

function draftOf(
  kind: Kind,
  input: KubeObject,
  {
    old,
    target,
    options,
    lookup,
  }: { old: Draft; target: UpdateTarget; options: RequestOptions; lookup: Lookup },
): Draft {
  const kept = keptMembers(kind, input, old, target)
  if (kept) return draftAround(kept, { kind, input, old, target, options })
  // what earlier versions stored is as its writer put it
  const before = inCanonicalForm(kind, old)
  const draft = target === 'object' ? (copyJson(input) as Draft) : withPart(old, input as Draft, target)
  setTypeMeta(kind, draft)
  admit(kind, draft, {
    old: target === 'ephemeralcontainers' ? mayGrow(kind, before, draft) : before,
    ignoreStatus: target === 'object' && hasStatusApart(kind),
    options,
    prepare: object => {
      carryMetadata(kind, object, before)
      if (target === 'object' && kind.subresources.includes('status')) carry(object, before, 'status')
      kind.defaults?.(object)
      if (target === 'object') {
        kind.prepareForChange?.(object, before)
        kind.prepareForUpdate?.(object, before, lookup)
      }
      if (asksForMore(kind, object, before)) object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
  })
  return draft
}

/**
 * Whether a change is one of what the object asks for: its spec. Of a custom kind that is all but its metadata, and its
 * status where that is written apart. Source: apiextensions-apiserver pkg/registry/customresource/strategy.go.
 */
function asksForMore(kind: Kind, object: Draft, old: Draft): boolean {
  if (!kind.custom) return old.metadata.generation !== undefined && !equalJson(object.spec, old.spec)
  const asked = ({ apiVersion: _, kind: __, metadata: ___, status, ...rest }: Draft) =>
    kind.subresources.includes('status') ? rest : { ...rest, status }
  return !equalJson(asked(object), asked(old))
}

/**
 * The members besides metadata and status, when the write leaves all of them as they are; undefined when it does not.
 * Most writes are such: a status, a label, an owner, a finalizer.
 */
function keptMembers(
  kind: Kind,
  input: KubeObject,
  old: Draft,
  target: UpdateTarget,
): readonly string[] | undefined {
  // The schema of a custom kind may have changed since; what else adapts a draft may look at all of it.
  if (kind.custom || (target === 'object' && kind.prepareForUpdate)) return undefined
  if (target !== 'object' && target !== 'status') return undefined
  const isOwn = (name: string) =>
    name === 'apiVersion' ||
    name === 'kind' ||
    name === 'metadata' ||
    (name === 'status' && kind.subresources.includes('status'))
  const members = Object.keys(old).filter(name => !isOwn(name))
  if (target === 'status') return members
  const given = input as object as Record<string, unknown>
  const same =
    members.every(name => equalJson(given[name], (old as object as Record<string, unknown>)[name])) &&
    Object.keys(given).every(name => isOwn(name) || given[name] === undefined || members.includes(name))
  return same ? members : undefined
}

/** A draft of which the `kept` members are the stored, frozen ones: those are defaulted and checked already. */
function draftAround(
  kept: readonly string[],
  {
    kind,
    input,
    old,
    target,
    options,
  }: { kind: Kind; input: Draft; old: Draft; target: UpdateTarget; options: RequestOptions },
): Draft {
  const { apiVersion, kind: name, metadata } = target === 'object' ? input : old
  const draft: Draft = { ...old, apiVersion, kind: name, metadata: copyJson(metadata) }
  if (target === 'status') carry(draft, input, 'status')
  setTypeMeta(kind, draft)
  const unchanged = draft.status !== undefined && draft.status === old.status ? [...kept, 'status'] : kept
  admit(kind, draft, { old, kept: unchanged, options, prepare: object => carryMetadata(kind, object, old) })
  return draft
}

/** The stored object with only the addressed part taken from the input. */
function withPart(old: Draft, input: Draft, target: Exclude<UpdateTarget, 'object'>): Draft {
  if (target === 'ephemeralcontainers') return withEphemeralOf(input, old)
  const draft = copyJson(old)
  if (target === 'status') carry(draft, input, 'status')
  else draft.spec = { ...(draft.spec as object), finalizers: copyJson(finalizersIn(input)) }
  return draft
}

/** A pod with another's ephemeral containers: those are the one part of a pod that may grow. */
function withEphemeralOf(from: Draft, pod: Draft): Draft {
  const draft = copyJson(pod)
  const { ephemeralContainers } = (from.spec ?? {}) as { ephemeralContainers?: unknown }
  if (ephemeralContainers === undefined) return draft
  draft.spec = { ...(draft.spec as object), ephemeralContainers: copyJson(ephemeralContainers) }
  return draft
}

/** What a pod is held against then: itself, with the new containers already there. */
function mayGrow(kind: Kind, old: Draft, draft: Draft): Draft {
  const grown = withEphemeralOf(draft, old)
  kind.defaults?.(grown)
  return grown
}

function finalizersIn(input: Draft): unknown {
  return (input.spec as { finalizers?: unknown } | undefined)?.finalizers ?? []
}

function carry(draft: Draft, from: Draft, part: 'status'): void {
  if (from[part] == null) delete draft[part]
  else draft[part] = copyJson(from[part])
}

/** The name in the URL and the one in the body must be the same, where both are given. */
export function requireSameKey(kind: Kind, object: KubeObject, key: ObjectKey): void {
  const { metadata } = object
  const bad = (field: 'name' | 'namespace', expected: string) =>
    invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, key.name, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: "${metadata[field] ?? ''}": must match the URL's ${field} "${expected}"`,
        field: `metadata.${field}`,
      },
    ])
  metadata.name ||= key.name
  if (metadata.name !== key.name) throw bad('name', key.name)
  if (!kind.namespaced) return
  metadata.namespace ||= key.namespace
  if (metadata.namespace !== key.namespace) throw bad('namespace', key.namespace ?? '')
}
