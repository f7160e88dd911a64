import { type Client, keyOf, parseKey, type WatchEvent } from '../api/client.ts'
import type { KindSet } from '../api/kinds/kind-set.ts'
import { type Kind, resourceOf } from '../api/kinds/kind.ts'
import type { KubeObject, OwnerReference } from '../api/types.ts'
import { equalJson } from '../lib/json.ts'
import {
  changesOf,
  changesOfEach,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from './runtime/controller.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

export interface GarbageCollectorOptions extends ControllerOptions {
  kinds: KindSet
}

/** What the functions below look at: every object, and the kinds that there are; and where they tell of what is wrong. */
type World = Pick<GarbageCollectorOptions, 'client' | 'kinds' | 'events'>

/**
 * Follows ownerReferences: what no owner is left of goes too (background); an owner that is deleted in the foreground
 * waits for its dependents; one that is deleted with `orphan` is first forgotten by them.
 * Keys are `resource namespace/name`. Source: kubernetes pkg/controller/garbagecollector/garbagecollector.go.
 */
export function createGarbageCollector(options: GarbageCollectorOptions): Controller {
  const { client, kinds, events } = options
  const world: World = { client, kinds, events }
  return createReconciler({
    ...options,
    name: 'garbage-collector',
    workers: 8,
    sources: [
      changesOfEach(kinds, kind => changesOf(kind, object => keysOf(world, kind, object), concernsOwners)),
    ],
    async reconcile(key) {
      const found = lookUp(world, key)
      if (!found) return
      const { kind, object } = found
      const finalizers = object.metadata.finalizers ?? []
      if (!object.metadata.deletionTimestamp) await collectDependent(world, kind, object)
      else if (finalizers.includes(ORPHAN)) await orphanDependents(world, kind, object)
      else if (finalizers.includes(FOREGROUND)) await deleteDependentsFirst(world, kind, object)
    },
  })
}

const collectorKey = (kind: Kind, object: KubeObject) => `${resourceOf(kind)} ${keyOf(object)}`

function lookUp({ client, kinds }: World, key: string): { kind: Kind; object: KubeObject } | undefined {
  const space = key.indexOf(' ')
  const resource = key.slice(0, space)
  const kind = kinds.stored.find(known => resourceOf(known) === resource)
  const { name, namespace } = parseKey(key.slice(space + 1))
  const object = kind && client.get(kind, name, namespace)
  return object && kind && { kind, object }
}

/** Most changes are of specs and statuses, and concern no owner. */
function concernsOwners({ type, object, previous }: WatchEvent): boolean {
  if (type === 'DELETED' || !previous) return true
  const a = object.metadata
  const b = previous.metadata
  return (
    a.deletionTimestamp !== b.deletionTimestamp ||
    !equalJson(a.ownerReferences, b.ownerReferences) ||
    !equalJson(a.finalizers, b.finalizers)
  )
}

/** The object itself when it has owners or is leaving; what depends on it; and the owners that may wait for it. */
function* keysOf(world: World, kind: Kind, object: KubeObject): Iterable<string> {
  const { deletionTimestamp, ownerReferences = [] } = object.metadata
  if (deletionTimestamp || ownerReferences.length > 0) yield collectorKey(kind, object)
  for (const reference of ownerReferences) {
    const owner = ownerOf(world, object, reference)
    if (owner?.object?.metadata.deletionTimestamp) yield collectorKey(owner.kind, owner.object)
  }
  const isGone =
    world.client.get(kind, object.metadata.name, object.metadata.namespace)?.metadata.uid !==
    object.metadata.uid
  if (isGone)
    for (const dependent of dependentsOf(world, object)) yield collectorKey(dependent.kind, dependent.object)
}

function dependentsOf(
  { client, kinds }: World,
  { metadata }: KubeObject,
): { kind: Kind; object: KubeObject }[] {
  return kinds.stored
    .filter(({ namespaced }) => namespaced || !metadata.namespace)
    .flatMap(kind => client.list(kind, { owner: metadata.uid }).map(object => ({ kind, object })))
}

function kindOf(kinds: KindSet, { apiVersion, kind: name }: OwnerReference): Kind | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return kinds.current.find(candidate => candidate.group === group && candidate.kind === name)
}

/**
 * The owner that a reference names.
 * @returns undefined when nothing can be said about it: its kind is not known here, or is of a namespace and the object
 * of none, so that the reference does not say which; `object` is undefined when it does not exist: another object of its
 * name with another uid is not it
 */
function ownerOf(
  { client, kinds }: World,
  { metadata }: KubeObject,
  reference: OwnerReference,
): { kind: Kind; object: KubeObject | undefined } | undefined {
  const { name, uid } = reference
  const kind = kindOf(kinds, reference)
  if (!kind || (kind.namespaced && !metadata.namespace)) return undefined
  const object = client.get(kind, name, kind.namespaced ? metadata.namespace : undefined)
  return { kind, object: object?.metadata.uid === uid ? object : undefined }
}

/** Deletes an object whose owners are all gone; with some left, only the references to the others are removed. */
async function collectDependent(world: World, kind: Kind, object: KubeObject): Promise<void> {
  const references = object.metadata.ownerReferences ?? []
  tellInvalid(world, object, references)
  const states = references.map(reference => ({ reference, state: stateOf(world, object, reference) }))
  const useless = states.filter(({ state }) => state !== 'solid')
  if (useless.length === 0) return
  const { uid } = object.metadata
  if (useless.length < states.length) {
    const uids = new Set(useless.map(({ reference }) => reference.uid))
    await forgetOwners(world.client, kind, object, uids)
    return
  }
  // Dependents of its own must be gone before it, when its owner waits for all below it.
  const waits = states.some(({ state }) => state === 'waiting')
  const blocked = waits && dependentsOf(world, object).length > 0
  await world.client.delete(kind, object.metadata, {
    preconditions: { uid },
    ...(blocked ? { propagationPolicy: 'Foreground' as const } : {}),
  })
}

/** Such an object is never collected; before Kubernetes 1.20 it was, by mistake. */
function tellInvalid(
  { kinds, events }: World,
  object: KubeObject,
  references: readonly OwnerReference[],
): void {
  if (object.metadata.namespace) return
  for (const reference of references) {
    if (!kindOf(kinds, reference)?.namespaced) continue
    const { kind, name } = reference
    const message = `${kind} ${name} cannot own it: a ${kind} is of a namespace, and this is of none`
    events.event(object, 'Warning', 'OwnerRefInvalidNamespace', message)
  }
}

/** `solid` keeps its dependents, `waiting` is being deleted in the foreground. */
function stateOf(
  world: World,
  object: KubeObject,
  reference: OwnerReference,
): 'solid' | 'absent' | 'waiting' {
  const owner = ownerOf(world, object, reference)
  if (!owner) return 'solid'
  if (!owner.object) return 'absent'
  const { deletionTimestamp, finalizers } = owner.object.metadata
  return deletionTimestamp && finalizers?.includes(FOREGROUND) ? 'waiting' : 'solid'
}

async function orphanDependents(world: World, kind: Kind, owner: KubeObject): Promise<void> {
  const uids = new Set([owner.metadata.uid])
  for (const dependent of dependentsOf(world, owner)) {
    await forgetOwners(world.client, dependent.kind, dependent.object, uids)
  }
  await removeFinalizer(world.client, kind, owner, ORPHAN)
}

async function deleteDependentsFirst(world: World, kind: Kind, owner: KubeObject): Promise<void> {
  const dependents = dependentsOf(world, owner)
  for (const { kind: dependentKind, object } of dependents) {
    if (!object.metadata.deletionTimestamp) await collectDependent(world, dependentKind, object)
  }
  const blocking = dependentsOf(world, owner).some(({ object }) =>
    object.metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion,
    ),
  )
  if (!blocking) await removeFinalizer(world.client, kind, owner, FOREGROUND)
}

function forgetOwners(
  client: Client,
  kind: Kind,
  object: KubeObject,
  uids: ReadonlySet<string>,
): Promise<unknown> {
  return client.modify(kind, object.metadata, draft => {
    if (draft.metadata.uid !== object.metadata.uid) return
    const left = draft.metadata.ownerReferences?.filter(({ uid }) => !uids.has(uid)) ?? []
    if (left.length > 0) draft.metadata.ownerReferences = left
    else delete draft.metadata.ownerReferences
  })
}

function removeFinalizer(
  client: Client,
  kind: Kind,
  object: KubeObject,
  finalizer: string,
): Promise<unknown> {
  return client.modify(kind, object.metadata, draft => {
    if (draft.metadata.uid !== object.metadata.uid) return
    draft.metadata.finalizers = draft.metadata.finalizers?.filter(name => name !== finalizer)
  })
}
