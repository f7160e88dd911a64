import { isJsonObject, type JsonObject } from '../../../lib/json.ts'
import { apiVersionOf, type Kind } from '../../kinds/kind.ts'
import type { ManagedFieldsEntry } from '../../types.ts'
import { compare, fieldsOf } from './compare.ts'
import { difference, FieldSet, intersection, union } from './field-set.ts'
import { conflictWith, isSame, type Manager, readManagers, without, writeManagers } from './managers.ts'
import { merge, prune } from './merge.ts'
import { topologyOf } from './topology.ts'

/** Who writes, and how. */
export interface Writing {
  manager: string
  /** `status`, `scale`: what of the object is written. */
  subresource?: string
  /** RFC 3339, seconds. */
  time: string
}

/** An object as far as ownership looks at it. */
export type Owned = object & { metadata: { managedFields?: ManagedFieldsEntry[] } }

/** What the server itself says about an object has no owner (apimachinery managedfields/internal/stripmeta.go). */
const UNOWNED = new FieldSet()
for (const path of [['f:apiVersion'], ['f:kind'], ['f:metadata']]) UNOWNED.add(path)
for (const name of [
  'name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'managedFields', 'resourceVersion',
]) {
  UNOWNED.add(['f:metadata', `f:${name}`])
} // prettier-ignore

/**
 * The `managedFields` after an ordinary write: the writer owns what it changed, the former owners of that no longer do.
 * A client may also write managedFields itself (kubectl does to hand over to server-side apply); one empty entry
 * forgets them all.
 */
export function afterUpdate(
  kind: Kind,
  { before, after, given }: { before?: Owned; after: object; given?: ManagedFieldsEntry[] },
  { manager, subresource, time }: Writing,
): ManagedFieldsEntry[] {
  const stored = before?.metadata.managedFields
  const managers = wipes(given) ? [] : preferred(readManagers(given), readManagers(stored))
  const { changed: all, removed } = compare(content(before), content(after), topologyOf(kind))
  const changed = difference(all, UNOWNED)
  if (changed.isEmpty && removed.isEmpty) {
    return given && given.length > 0 ? writeManagers(managers) : (stored ?? [])
  }
  const self: Omit<Manager, 'fields'> = {
    manager,
    operation: 'Update',
    apiVersion: apiVersionOf(kind),
    ...(subresource ? { subresource } : {}),
    time,
  }
  const own = managers.find(other => isSame(other, self))
  const others = without(
    managers.filter(other => other !== own),
    union(changed, removed),
  )
  const fields = difference(union(own?.fields ?? new FieldSet(), changed), removed)
  return writeManagers(fields.isEmpty ? others : [...others, { ...self, fields }])
}

function wipes(given: ManagedFieldsEntry[] | undefined): boolean {
  return given?.length === 1 && Object.keys(given[0] ?? {}).length === 0
}

function preferred(given: Manager[], stored: Manager[]): Manager[] {
  return given.length > 0 ? given : stored
}

/**
 * Server-side apply: lays the configuration over the live object, removes what this manager no longer applies and
 * nobody else owns, and tells who then owns what.
 * Source: sigs.k8s.io/structured-merge-diff, merge/update.go.
 *
 * @param live undefined: there is no such object yet
 * @throws StatusError Conflict when others own what would change, unless `force`; BadRequest
 */
export function applyConfiguration(
  kind: Kind,
  { live, config, force }: { live?: Owned; config: object; force: boolean },
  { manager, subresource, time }: Writing,
): { object: JsonObject; managedFields: ManagedFieldsEntry[] } {
  const topology = topologyOf(kind)
  const managers = readManagers(live?.metadata.managedFields)
  const self: Omit<Manager, 'fields'> = {
    manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(kind),
    ...(subresource ? { subresource } : {}),
  }
  const last = managers.find(other => isSame(other, self))
  const others = managers.filter(other => other !== last)
  const fields = difference(fieldsOf(config, topology), UNOWNED)
  const merged = merge(live === undefined ? undefined : content(live), config, topology)
  const managed = others.reduce((all, other) => union(all, other.fields), union(fields, UNOWNED))
  const object = last ? prune(merged, { last: last.fields, managed, topology }) : merged
  const { changed, removed } = compare(live && content(live), object, topology)
  if (!force) {
    const conflict = conflictWith(others, changed)
    if (conflict) throw conflict
  }
  const left = without(
    others.map(other => ({
      ...other,
      fields: difference(other.fields, intersection(other.fields, changed)),
    })),
    removed,
  )
  // The time says when the entry last changed: to apply the same again must change nothing.
  const own = { ...self, fields, time: last?.fields.equals(fields) ? (last.time ?? time) : time }
  return { object: isJsonObject(object) ? object : {}, managedFields: writeManagers([...left, own]) }
}

/** Without the managedFields themselves, which nobody owns. */
function content(object: object | undefined): JsonObject | undefined {
  if (object === undefined) return undefined
  const { metadata, ...rest } = object as { metadata?: JsonObject }
  if (metadata === undefined) return rest
  const { managedFields: _managedFields, ...others } = metadata
  return { ...rest, metadata: others }
}
