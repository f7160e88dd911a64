import { formatTime } from '../../lib/clock.ts'
import { conflict, forbidden, isStatusError, notFound } from '../../lib/errors.ts'
import { copyJson, equalJson } from '../../lib/json.ts'
import type { DeleteOptions, ObjectKey } from '../client.ts'
import { type Kind, resourceOf } from '../kinds/kind.ts'
import type { KubeObject, ObjectMeta } from '../types.ts'
import { CameBetween, type RegistryContext, writeInTurn } from './contention.ts'
import { isReadyToGo, withPropagation } from './finalizers.ts'
import type { Draft } from './request.ts'
import { asStatusError } from './store-errors.ts'

export interface DeleteResult {
  /** The last state when `gone`, else the object as it waits for its grace or its finalizers. */
  object: KubeObject
  gone: boolean
}

/**
 * Deletes an object, or marks it for deletion when it has a grace period or finalizers. A pod waits for its kubelet,
 * which deletes it again with grace 0; asking again leaves the grace as it is, unless a shorter one is named.
 * @throws StatusError NotFound, Forbidden (of what may not go), Conflict (a precondition does not hold)
 */
export async function deleteObject(
  context: RegistryContext,
  kind: Kind,
  key: ObjectKey,
  options: DeleteOptions & { dryRun?: boolean } = {},
): Promise<DeleteResult> {
  const { store, clock } = context
  const resource = resourceOf(kind)
  return writeInTurn(context, resource, key, async () => {
    const old = store.get(resource, key.name, key.namespace) as Draft | undefined
    if (!old) throw notFound({ group: kind.group, resource: kind.plural }, key.name)
    const why = kind.refuseDeletion?.(old)
    if (why) throw forbidden({ group: kind.group, resource: kind.plural }, key.name, why)
    checkPreconditions(kind, old, options)
    const draft = markDeleted(kind, old, options, clock.now())
    const gone = isReadyToGo(draft)
    if (options.dryRun) return { object: draft, gone }
    try {
      if (gone) return { object: (await store.delete(resource, draft)) as KubeObject, gone }
      if (equalJson(draft, old)) return { object: old, gone }
      return { object: (await store.update(resource, draft)) as KubeObject, gone }
    } catch (error) {
      // Somebody was quicker: look again. Only a precondition, checked above, may turn that into a failure.
      const status = asStatusError(error, kind, key.name)
      throw isStatusError(status, 'Conflict') ? new CameBetween(status) : status
    }
  })
}

function checkPreconditions(kind: Kind, { metadata }: Draft, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const refuse = (what: string, wanted: string, actual: string) =>
    conflict(
      { group: kind.group, resource: kind.plural },
      metadata.name,
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`,
    )
  if (uid && uid !== metadata.uid) throw refuse('UID', uid, metadata.uid)
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw refuse('ResourceVersion', resourceVersion, metadata.resourceVersion)
  }
}

/** The object as the deletion leaves it (apiserver pkg/registry/rest/delete.go, BeforeDelete). */
function markDeleted(kind: Kind, old: Draft, options: DeleteOptions, now: number): Draft {
  const draft = copyJson(old)
  const { metadata } = draft
  const finalizers = withPropagation(metadata.finalizers ?? [], options.propagationPolicy)
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
  if (metadata.deletionTimestamp) {
    shortenGrace(metadata, options.gracePeriodSeconds)
    return draft
  }
  const grace = Math.max(0, kind.gracePeriodSeconds?.(draft, options.gracePeriodSeconds) ?? 0)
  if (metadata.generation !== undefined) metadata.generation += 1
  metadata.deletionTimestamp = formatTime(now + grace * 1000)
  metadata.deletionGracePeriodSeconds = grace
  if (kind.kind === 'Namespace' && kind.group === '') {
    draft.status = { ...(draft.status as object | undefined), phase: 'Terminating' }
  }
  return draft
}

/** A grace that has begun is changed only by a request that names a shorter one; that is counted from the first request. */
function shortenGrace(metadata: ObjectMeta, requested: number | undefined): void {
  const { deletionTimestamp, deletionGracePeriodSeconds: before = 0 } = metadata
  if (deletionTimestamp === undefined || requested === undefined) return
  const grace = requested < 0 ? 1 : requested
  if (grace >= before) return
  metadata.deletionTimestamp = formatTime(Date.parse(deletionTimestamp) + (grace - before) * 1000)
  metadata.deletionGracePeriodSeconds = grace
}
