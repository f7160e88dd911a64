import { equalJson, type JsonObject } from '../../../lib/json.ts'
import { apiVersionOf, type Kind } from '../../kinds/kind.ts'
import type { ManagedFieldsEntry } from '../../types.ts'
import { compare, type Comparison, fieldsOf } from './compare.ts'
import { difference, FieldSet, union } from './field-set.ts'
import { type Content, Forms } from './forms.ts'
import { conflictWith, isSame, type Manager, readManagers, without, writeManagers } from './managers.ts'
import { fieldsLastApplied, KUBECTL, updateLastApplied } from './last-applied.ts'
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
 * @param kind the version in which the states of the object are given
 * @param writing `as`: the version that the client wrote in, when that is another one
 */
export function afterUpdate(
  kind: Kind,
  { before, after, given }: { before?: Owned; after: object; given?: ManagedFieldsEntry[] | null },
  { manager, subresource, time, as = kind }: Writing & { as?: Kind },
): ManagedFieldsEntry[] {
  const stored = before?.metadata.managedFields
  const managers = managersBefore(stored ?? [], given ?? [])
  const self: Omit<Manager, 'fields'> = {
    manager,
    operation: 'Update',
    apiVersion: apiVersionOf(as),
    ...(subresource ? { subresource } : {}),
    time,
  }
  const differences = new Forms(kind).differences(content(before), content(after))
  const { changed: all, removed } = differences(self.apiVersion)
  const changed = difference(all, UNOWNED)
  if (changed.isEmpty && removed.isEmpty) {
    return given && given.length > 0 ? writeManagers(managers) : (stored ?? [])
  }
  const own = managers.find(other => isSame(other, self))
  const others = without(
    managers.filter(other => other !== own),
    other => touched(differences(other.apiVersion)),
  )
  const fields = difference(union(own?.fields ?? new FieldSet(), changed), removed)
  return writeManagers(fields.isEmpty ? others : [...others, { ...self, fields }])
}

function touched({ changed, removed }: Comparison): FieldSet {
  return union(changed, removed)
}

function wipes(given: ManagedFieldsEntry[]): boolean {
  return given.length === 1 && Object.keys(given[0] ?? {}).length === 0
}

/** Most writers give back what is stored. */
function managersBefore(stored: ManagedFieldsEntry[], given: ManagedFieldsEntry[]): Manager[] {
  if (wipes(given)) return []
  const own = equalJson(given, stored) ? [] : readManagers(given, FieldSet.fromJson)
  return own.length > 0 ? own : readManagers(stored)
}

/**
 * Server-side apply: lays the configuration over the live object, removes what this manager no longer applies and
 * nobody else owns, and tells who then owns what.
 * Source: sigs.k8s.io/structured-merge-diff, merge/update.go.
 *
 * @param live undefined: there is no such object yet
 * A configuration may be large: it yields between its steps, where others may have their turn.
 * @throws StatusError Conflict when others own what would change, unless `force`; BadRequest
 */
export function* applyConfiguration(
  kind: Kind,
  { live, config, force }: { live?: Owned; config: object; force: boolean },
  { manager, subresource, time }: Writing,
): Generator<void, { object: JsonObject; managedFields: ManagedFieldsEntry[] }, void> {
  const topology = topologyOf(kind)
  const forms = new Forms(kind)
  const managers = readManagers(live?.metadata.managedFields)
  const self: Omit<Manager, 'fields'> = {
    manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(kind),
    ...(subresource ? { subresource } : {}),
  }
  const last = managers.find(other => isSame(other, self))
  const others = managers.filter(other => other !== last)
  const named = fieldsOf(config, topology)
  yield
  const fields = difference(named, UNOWNED)
  const before = content(live)
  yield
  const merged = (yield* merge(before, config, topology)) as JsonObject
  yield
  const object = last
    ? withoutLast(forms, merged, { last, staying: [...others, { ...self, fields }] })
    : merged
  yield
  const differences = forms.differences(before, object)
  const isKubectl = manager === KUBECTL && !subresource
  if (!force) {
    const takenOver = isKubectl ? fieldsLastApplied(kind, before) : new FieldSet()
    const conflict = conflictWith(others, ({ apiVersion }) =>
      difference(differences(apiVersion).changed, takenOver),
    )
    if (conflict) throw conflict
  }
  const left = without(others, ({ apiVersion }) => touched(differences(apiVersion)))
  yield
  // The time says when the entry last changed: to apply the same again must change nothing.
  const own = { ...self, fields, time: isUnchanged(last, { ...self, fields }) ? (last?.time ?? time) : time }
  if (isKubectl && object) updateLastApplied(object, config)
  return { object: object ?? {}, managedFields: writeManagers([...left, own]) }
}

function isUnchanged(last: Manager | undefined, { apiVersion, fields }: Manager): boolean {
  return last?.apiVersion === apiVersion && last.fields.equals(fields)
}

/**
 * The object without what its applier named last time and nobody names now. What others name in other versions is
 * put back in these (merge/update.go, addBackOwnedItems).
 */
function withoutLast(
  forms: Forms,
  merged: JsonObject,
  { last, staying }: { last: Manager; staying: readonly Manager[] },
): Content {
  const own = forms.kindOf(last.apiVersion)
  const managedIn = (version: Kind) =>
    staying
      .filter(({ apiVersion }) => forms.kindOf(apiVersion) === version)
      .reduce((all, { fields }) => union(all, fields), UNOWNED)
  const there = forms.convert(merged, { to: own })
  let left = prune(there, {
    last: last.fields,
    managed: managedIn(own),
    topology: topologyOf(own),
  }) as Content
  const elsewhere = new Set(staying.map(({ apiVersion }) => forms.kindOf(apiVersion)))
  elsewhere.delete(own)
  // converters count on it
  if (elsewhere.size > 0 && there?.spec !== undefined) left = { ...left, spec: left?.spec ?? {} }
  for (const version of elsewhere) {
    const whole = forms.convert(merged, { to: version })
    const topology = topologyOf(version)
    const { removed } = compare(whole, forms.convert(left, { from: own, to: version }), topology)
    if (removed.isEmpty) continue
    const kept = prune(whole, { last: removed, managed: managedIn(version), topology }) as Content
    left = forms.convert(kept, { from: version, to: own })
  }
  return forms.convert(left, { from: own })
}

/** Without the managedFields themselves, which nobody owns. */
function content(object: object | undefined): Content {
  if (object === undefined) return undefined
  const { metadata, ...rest } = object as { metadata?: JsonObject }
  if (metadata === undefined) return rest
  const { managedFields: _managedFields, ...others } = metadata
  return { ...rest, metadata: others }
}
