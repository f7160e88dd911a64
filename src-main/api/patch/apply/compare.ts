import { equalJson } from '../../../lib/json.ts'
import { isQuantity, parseMilli } from '../../../lib/quantity.ts'
import { byStep, type Part, partsOf } from './elements.ts'
import { FieldSet } from './field-set.ts'
import type { Topology } from './topology.ts'

/** How two states of an object differ. */
export interface Comparison {
  /** Paths that are new or have another value. */
  changed: FieldSet
  removed: FieldSet
}

/**
 * Compares two states of an object path by path; `undefined` is an object that is not there.
 * Source: sigs.k8s.io/structured-merge-diff, typed/compare.go.
 */
export function compare(before: unknown, after: unknown, topology: Topology): Comparison {
  const changed = new FieldSet()
  const removed = new FieldSet()
  walk({ step: '', value: before, topology }, { step: '', value: after, topology }, [])
  return { changed, removed }

  function walk(old: Part, now: Part, path: readonly string[]): void {
    // What a write left alone is often the very same value, and most lists that are divided are left alone
    if (old.value === now.value || (old.topology.form === 'keyed' && equalJson(old.value, now.value))) return
    const oldParts = inner(old)
    const nowParts = inner(now)
    const descend =
      (oldParts !== undefined || old.value === undefined) &&
      (nowParts !== undefined || now.value === undefined)
    if (!descend) {
      if (now.value === undefined) removed.add(path)
      else if (!sameValue(old, now.value)) changed.add(path)
      // What was divided and is now one value, or the reverse, has lost its parts.
      for (const part of oldParts ?? []) removed.add([...path, part.step])
      return
    }
    if (oldParts === undefined && nowParts === undefined) return
    if (path.length > 0 && isContainer(now.topology, path)) {
      if (oldParts === undefined) changed.add(path)
      if (nowParts === undefined) removed.add(path)
    }
    const olds = byStep(oldParts ?? [])
    const nows = byStep(nowParts ?? [])
    for (const [step, part] of olds) {
      walk(part, nows.get(step) ?? { ...part, value: undefined }, [...path, step])
    }
    for (const [step, part] of nows) {
      if (!olds.has(step)) walk({ ...part, value: undefined }, part, [...path, step])
    }
  }
}

/** The paths that a configuration names (structured-merge-diff, typed/tofieldset.go). */
export function fieldsOf(value: unknown, topology: Topology): FieldSet {
  const set = new FieldSet()
  addFields(set, { step: '', value, topology })
  return set
}

function addFields(set: FieldSet, part: Part): void {
  const parts = inner(part)
  if (!parts || part.step.startsWith('k:')) set.member = true
  for (const child of parts ?? []) addFields(set.branch(child.step), child)
}

/** The parts of a value; one that is empty has none, and is owned as it is. */
function inner({ value, topology }: Part): Part[] | undefined {
  const parts = partsOf(value, topology)
  return parts?.length === 0 ? undefined : parts
}

/** Maps and elements of lists are owned as such, besides what is in them; structs are not. */
function isContainer({ form }: Topology, path: readonly string[]): boolean {
  return form === 'map' || form === 'keyed' || form === 'set' || (path.at(-1)?.startsWith('k:') ?? false)
}

/** Equal; one side may write a quantity in another way (`1` and `"1000m"`). */
function sameValue({ value: a, topology }: Part, b: unknown): boolean {
  if (equalJson(a, b)) return true
  if (!topology.isQuantity || !isQuantity(a) || !isQuantity(b)) return false
  const milli = parseMilli(a)
  return milli !== undefined && milli === parseMilli(b)
}
