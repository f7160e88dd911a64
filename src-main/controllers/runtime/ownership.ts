import type { Client } from '../../api/client.ts'
import { apiVersionOf, type Kind } from '../../api/kinds/kind.ts'
import type { KubeObject, OwnerReference } from '../../api/types.ts'
import { type LabelSelector, matchesSelector, requirementsOf } from '../../lib/labels.ts'

/** The owner that manages an object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(owner => owner.controller)
}

/** The ownerReference by which `owner` manages what it creates. */
export function controllerReference(kind: Kind, owner: KubeObject): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

export interface ClaimOptions<T extends KubeObject> {
  client: Client
  owner: KubeObject
  ownerKind: Kind
  /** The kind of the dependents. */
  kind: Kind<T>
  selector: LabelSelector
  /** Whether a dependent that nobody manages may be taken. */
  mayAdopt?(object: T): boolean
}

/**
 * The dependents that an owner manages: its own that its selector still matches, and orphans that it matches, which
 * it adopts. Its own that no longer match are released, so that a person can take a pod out by changing a label.
 * Source: kubernetes pkg/controller/controller_ref_manager.go.
 */
export async function claimDependents<T extends KubeObject>(options: ClaimOptions<T>): Promise<T[]> {
  const { client, kind, owner, ownerKind, selector } = options
  const { namespace, uid } = owner.metadata
  const ownerIsLeaving = !isStaying(client, ownerKind, owner)
  const claimed: T[] = []
  const owned = client.list(kind, { owner: uid }).filter(object => controllerOf(object)?.uid === uid)
  for (const object of owned) {
    if (matchesSelector(selector, object.metadata.labels)) claimed.push(object)
    else if (!ownerIsLeaving) await release(options, object)
  }
  if (ownerIsLeaving) return claimed
  for (const object of client.list(kind, { namespace, labels: requirementsOf(selector) })) {
    const free = !controllerOf(object) && !object.metadata.deletionTimestamp
    if (!free || options.mayAdopt?.(object) === false) continue
    const adopted = await adopt(options, object)
    if (adopted && controllerOf(adopted)?.uid === uid) claimed.push(adopted)
  }
  return claimed
}

/** Whether the owner is still there as it is stored now, and not on its way out: only then may it create and adopt. */
export function isStaying(client: Client, kind: Kind, { metadata }: KubeObject): boolean {
  const now = client.get(kind, metadata.name, metadata.namespace)
  return now?.metadata.uid === metadata.uid && now.metadata.deletionTimestamp === undefined
}

function release<T extends KubeObject>(
  { client, kind, owner }: ClaimOptions<T>,
  object: T,
): Promise<unknown> {
  return client.modify(kind, object.metadata, draft => {
    if (draft.metadata.uid !== object.metadata.uid) return
    const owners = draft.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? []
    if (owners.length > 0) draft.metadata.ownerReferences = owners
    else delete draft.metadata.ownerReferences
  })
}

function adopt<T extends KubeObject>(
  { client, kind, owner, ownerKind }: ClaimOptions<T>,
  object: T,
): Promise<T | undefined> {
  return client.modify(kind, object.metadata, draft => {
    if (draft.metadata.uid !== object.metadata.uid || controllerOf(draft)) return
    if (!isStaying(client, ownerKind, owner)) return // deleted with `orphan`: what it has let go it must not take back
    const others = draft.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? []
    draft.metadata.ownerReferences = [...others, controllerReference(ownerKind, owner)]
  })
}
