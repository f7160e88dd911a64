import { badRequest } from '../../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { mergeKeyedList, mergePlainList } from './merge-lists.ts'
import { type PatchField, patchTypeOf, typeBehind } from './merge-keys.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const SET_ORDER = '$setElementOrder/'
const DELETE_FROM = '$deleteFromPrimitiveList/'

/**
 * Kubernetes' strategic merge patch: JSON merge patch, but lists with a merge key merge by element, and directives
 * (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say what JSON cannot.
 * Changes neither argument. Source of the algorithm: apimachinery pkg/util/strategicpatch/patch.go.
 * @param kind the CamelCase kind, which decides how its lists merge
 * @throws StatusError BadRequest for a directive that makes no sense
 */
export function strategicMerge(kind: string, target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw badRequest('a strategic merge patch is an object')
  return mergeMaps(isJsonObject(target) ? target : {}, patch, patchTypeOf(kind))
}

function mergeMaps(
  target: JsonObject,
  patch: JsonObject,
  type: Readonly<Record<string, PatchField>>,
): JsonObject {
  const { [DIRECTIVE]: directive, [RETAIN_KEYS]: retain, ...fields } = patch
  if (directive === 'delete') return {}
  if (directive === 'replace') return mergeMaps({}, fields, type)
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`unknown patch directive ${JSON.stringify(directive)}: use replace, merge or delete`)
  }
  const result = retained(target, fields, retain)
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(SET_ORDER) || key.startsWith(DELETE_FROM)) continue
    if (value === null) delete result[key]
    else if (!Array.isArray(value)) result[key] = mergeValue(result[key], value, type[key])
  }
  for (const key of listFields(fields)) {
    const merged = mergeListField(key, result[key], fields, type[key])
    if (merged === undefined) delete result[key]
    else result[key] = merged
  }
  return result
}

/** `$retainKeys` lists all the keys that the result may have: what a union's other members left behind goes away. */
function retained(target: JsonObject, patch: JsonObject, retain: unknown): JsonObject {
  if (retain === undefined) return { ...target }
  if (!Array.isArray(retain)) throw badRequest(`${RETAIN_KEYS} must be a list of keys`)
  const kept = new Set<unknown>(retain)
  const surplus = Object.keys(patch).find(key => patch[key] !== null && !kept.has(key))
  if (surplus !== undefined)
    throw badRequest(`${RETAIN_KEYS} does not name "${surplus}", which the patch sets`)
  return Object.fromEntries(Object.entries(target).filter(([key]) => kept.has(key)))
}

function mergeValue(target: unknown, value: unknown, field: PatchField | undefined): unknown {
  if (!isJsonObject(value)) return value
  const base = isJsonObject(target) && field?.strategy !== 'replace' ? target : {}
  return mergeMaps(base, value, typeBehind(field))
}

/** Every list that the patch speaks of, be it only by a directive. */
function listFields(patch: JsonObject): Set<string> {
  const names = new Set<string>()
  for (const [key, value] of Object.entries(patch)) {
    const slash = key.indexOf('/')
    if (key.startsWith(SET_ORDER) || key.startsWith(DELETE_FROM)) names.add(key.slice(slash + 1))
    else if (Array.isArray(value)) names.add(key)
  }
  return names
}

function mergeListField(
  key: string,
  target: unknown,
  patch: JsonObject,
  field: PatchField | undefined,
): unknown {
  const given = patch[key]
  if (given === null) return undefined
  const list = Array.isArray(given) ? (given as unknown[]) : []
  if (!field?.mergeKey && field?.strategy !== 'merge') {
    if (given === undefined) return removed(target, patch[DELETE_FROM + key])
    return list
  }
  const current = Array.isArray(target) ? (target as unknown[]) : []
  const order = patch[SET_ORDER + key]
  if (order !== undefined && !Array.isArray(order)) throw badRequest(`${SET_ORDER}${key} must be a list`)
  if (target === undefined && given === undefined) return undefined
  if (!field.mergeKey) {
    return mergePlainList(removed(current, patch[DELETE_FROM + key]) as unknown[], list, order)
  }
  return mergeKeyedList(current, list, {
    field: key,
    mergeKey: field.mergeKey,
    order,
    mergeElement: (old, element) => mergeMaps(old, element, typeBehind(field)),
  })
}

function removed(target: unknown, values: unknown): unknown {
  if (!Array.isArray(target) || !Array.isArray(values)) return target
  const gone = new Set<unknown>(values)
  return target.filter(item => !gone.has(item))
}
