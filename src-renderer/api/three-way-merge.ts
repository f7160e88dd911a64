import { listMerge, type MergeRule } from './merge-rules.ts'

type Json = unknown
type JsonObject = Record<string, Json>

/**
 * What `kubectl apply` makes of an object: what `original` (the last manifest applied) had and `modified` (the
 * manifest now) has not is taken away; what `modified` says wins; what only `live` has (defaults, other writers'
 * fields) stays. Lists with a merge key are merged by it, other lists are replaced.
 * Source: CreateThreeWayMergePatch in k8s.io/apimachinery/pkg/util/strategicpatch/patch.go; this gives the merged
 * object instead of the patch.
 */
export function threeWayMerge(original: Json, modified: Json, live: Json, rule: MergeRule = {}): Json {
  if (isObject(modified) && isObject(live)) {
    return mergeObjects(isObject(original) ? original : {}, modified, live, rule)
  }
  if (Array.isArray(modified) && Array.isArray(live)) {
    return listMerge(rule, {
      byKey: key => mergeByKey(key, Array.isArray(original) ? original : [], modified, live, rule),
      set: () => mergeSet(Array.isArray(original) ? original : [], modified, live),
      atomic: () => modified,
    })
  }
  return modified
}

function mergeObjects(
  original: JsonObject,
  modified: JsonObject,
  live: JsonObject,
  rule: MergeRule,
): JsonObject {
  const merged: JsonObject = {}
  for (const [name, value] of Object.entries(live)) {
    const removed = name in original && !(name in modified)
    const notRetained = rule.retainKeys && !(name in modified)
    if (!removed && !notRetained && modified[name] !== null) define(merged, name, value)
  }
  for (const [name, value] of Object.entries(modified)) {
    if (value === null) continue
    const next = Object.hasOwn(live, name)
      ? threeWayMerge(original[name], value, live[name], rule.fields?.[name])
      : withoutNulls(value)
    define(merged, name, next)
  }
  return merged
}

/** The manifest's items in its order, then what only the live list has. */
function mergeByKey(key: string, original: Json[], modified: Json[], live: Json[], rule: MergeRule): Json[] {
  const find = (list: Json[], value: Json) => list.find(item => isObject(item) && item[key] === value)
  const merged = modified.map(item => {
    if (!isObject(item)) return item
    const before = find(live, item[key])
    return before === undefined
      ? withoutNulls(item)
      : threeWayMerge(find(original, item[key]), item, before, rule.items)
  })
  const kept = live.filter(item => isObject(item) && !find(modified, item[key]) && !find(original, item[key]))
  return [...merged, ...kept]
}

function mergeSet(original: Json[], modified: Json[], live: Json[]): Json[] {
  return [...modified, ...live.filter(item => !modified.includes(item) && !original.includes(item))]
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
