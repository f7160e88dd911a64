import { listMerge, type MergeRule } from './merge-rules.ts'

type Json = unknown
type JsonObject = Record<string, Json>

/** What a merge goes by. */
interface Way {
  rule: MergeRule
  /** What `modified` has as `original` had it stays as `live` has it. */
  edit: boolean
}

/**
 * What `kubectl apply` makes of an object: what `original` (the last manifest applied) had and `modified` (the
 * manifest now) has not is taken away; what `modified` says wins; what only `live` has (defaults, other writers'
 * fields) stays. Lists with a merge key are merged by it, other lists are replaced.
 * Source: CreateThreeWayMergePatch in k8s.io/apimachinery/pkg/util/strategicpatch/patch.go; this gives the merged
 * object instead of the patch.
 */
export function threeWayMerge(original: Json, modified: Json, live: Json, rule: MergeRule = {}): Json {
  return merge(original, modified, live, { rule, edit: false })
}

/**
 * What `kubectl edit` makes of an object: what differs between `original` (as it was opened) and `modified` (as it was
 * edited) is done to `live`, all else stays as that has it. Lists as in `threeWayMerge`.
 */
export function editMerge(original: Json, modified: Json, live: Json, rule: MergeRule = {}): Json {
  return merge(original, modified, live, { rule, edit: true })
}

function merge(original: Json, modified: Json, live: Json, way: Way): Json {
  if (way.edit && equal(original, modified)) return live
  if (isObject(modified) && isObject(live)) {
    return mergeObjects(isObject(original) ? original : {}, modified, live, way)
  }
  if (Array.isArray(modified) && Array.isArray(live)) {
    const before = Array.isArray(original) ? original : []
    return listMerge(way.rule, {
      byKey: key => mergeByKey(key, [before, modified, live], way),
      set: () => mergeSet(before, modified, live, way),
      atomic: () => modified,
    })
  }
  return modified
}

function mergeObjects(original: JsonObject, modified: JsonObject, live: JsonObject, way: Way): JsonObject {
  const { rule } = way
  const merged: JsonObject = {}
  for (const [name, value] of Object.entries(live)) {
    const named = Object.hasOwn(modified, name)
    const removed = !named && (rule.retainKeys || Object.hasOwn(original, name))
    if (!removed && modified[name] !== null) define(merged, name, value)
  }
  for (const [name, value] of Object.entries(modified)) {
    if (value === null) continue
    const before = Object.hasOwn(original, name) ? original[name] : undefined
    if (Object.hasOwn(live, name)) {
      const inner = { ...way, rule: rule.fields?.[name] ?? {} }
      define(merged, name, merge(before, value, live[name], inner))
    } else if (!isGone(before, value, way)) define(merged, name, withoutNulls(value))
  }
  return merged
}

/** The manifest's items in its order, then what only the live list has. */
function mergeByKey(key: string, [original, modified, live]: [Json[], Json[], Json[]], way: Way): Json[] {
  const find = (list: Json[], value: Json) => list.find(item => isObject(item) && item[key] === value)
  const inner = { ...way, rule: way.rule.items ?? {} }
  const merged = modified.flatMap(item => {
    if (!isObject(item)) return [item]
    const before = find(live, item[key])
    const base = find(original, item[key])
    if (before !== undefined) return [merge(base, item, before, inner)]
    return isGone(base, item, way) ? [] : [withoutNulls(item)]
  })
  const kept = live.filter(item => isObject(item) && !find(modified, item[key]) && !find(original, item[key]))
  return [...merged, ...kept]
}

function mergeSet(original: Json[], modified: Json[], live: Json[], { edit }: Way): Json[] {
  const isLeft = (item: Json) => !edit || live.includes(item) || !original.includes(item)
  return [
    ...modified.filter(isLeft),
    ...live.filter(item => !modified.includes(item) && !original.includes(item)),
  ]
}

/** Whether what `live` has no more was not edited, so that it stays away. */
function isGone(original: Json, modified: Json, { edit }: Way): boolean {
  return edit && equal(original, modified)
}

/**
 * The RFC 7386 patch that turns `live` into `merged`: only what differs is sent, so that others' changes to other
 * fields survive. Undefined when nothing differs.
 */
export function mergePatch(live: JsonObject, merged: JsonObject): JsonObject | undefined {
  const patch: JsonObject = {}
  for (const name of Object.keys(live)) if (!Object.hasOwn(merged, name)) define(patch, name, null)
  for (const [name, value] of Object.entries(merged)) {
    const before = Object.hasOwn(live, name) ? live[name] : undefined
    if (isObject(value) && isObject(before)) {
      const inner = mergePatch(before, value)
      if (inner) define(patch, name, inner)
    } else if (!equal(before, value)) define(patch, name, value)
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

/** A manifest's null means "not there". */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const clean: JsonObject = {}
  for (const [name, inner] of Object.entries(value))
    if (inner !== null) define(clean, name, withoutNulls(inner))
  return clean
}

/** Sets an own property also where its name is `__proto__`. */
function define(target: JsonObject, name: string, value: Json): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two JSON values are equal; the order of an object's fields does not matter. */
export function equal(a: Json, b: Json): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && equal(a[name], b[name]))
  )
}
