import { badRequest } from '../../../lib/errors.ts'
import { copyJson, isJsonObject, type JsonObject } from '../../../lib/json.ts'
import { byStep, type Part, partsOf } from './elements.ts'
import { type FieldSet, pathText } from './field-set.ts'
import type { Topology } from './topology.ts'

/**
 * The live value with everything that the configuration says laid over it; neither is changed. Yields between
 * its steps.
 * @throws StatusError BadRequest when the configuration names one element of a list twice, or not at all
 */
export function* merge(live: unknown, config: unknown, topology: Topology): Generator<void, unknown, void> {
  const merged = yield* mergeParts(live, config, topology, [])
  yield
  return copyJson(merged)
}

function* mergeParts(
  live: unknown,
  config: unknown,
  topology: Topology,
  path: string[],
): Generator<void, unknown, void> {
  yield
  if (topology.form === 'leaf') return config
  const given = partsOf(config, topology)
  requireElements(config, { given, topology, path })
  const there = partsOf(live, topology)
  if (!given || !there) return config
  if (topology.form === 'keyed' || topology.form === 'set') {
    return yield* mergeList(there, given, topology, path)
  }
  const result: JsonObject = { ...(live as JsonObject) }
  for (const { step, value, topology: child } of given) {
    const name = step.slice(2)
    result[name] = yield* mergeParts(result[name], value, child, [...path, step])
  }
  return result
}

/**
 * Elements of the configuration in its order, and those that only the live list has where they stand between them.
 * Source: sigs.k8s.io/structured-merge-diff, typed/merge.go, visitListItems.
 */
function* mergeList(
  there: Part[],
  given: Part[],
  { form }: Topology,
  path: string[],
): Generator<void, unknown[], void> {
  const known = byStep(there)
  const named = new Set(given.map(({ step }) => step))
  const shared = given.map(({ step }) => step).filter(step => known.has(step))
  const merged: unknown[] = []
  let nextShared = 0
  let at = 0
  for (const part of given) {
    for (let live = there[at]; live && live.step !== part.step; live = there[++at]) {
      const comesNext = shared[nextShared] === live.step
      if (comesNext) break
      if (!named.has(live.step)) merged.push(live.value)
    }
    const { step, value, topology } = part
    const live = known.get(step)?.value
    const isNew = form === 'set' || live === undefined
    merged.push(isNew ? value : yield* mergeParts(live, value, topology, [...path, step]))
    if (shared[nextShared] === step) nextShared++
    if (there[at]?.step === step) at++
  }
  for (const live of there.slice(at)) if (!named.has(live.step)) merged.push(live.value)
  return merged
}

function requireElements(
  config: unknown,
  { given, topology, path }: { given: Part[] | undefined; topology: Topology; path: string[] },
): void {
  const { form, keys } = topology
  if ((form !== 'keyed' && form !== 'set') || !Array.isArray(config)) return
  if (!given) {
    throw badRequest(`${pathText(path)}: an element of this list has none of its keys (${keys.join(', ')})`)
  }
  const seen = new Set<string>()
  for (const { step } of given) {
    if (seen.has(step)) throw badRequest(`${pathText(path)}: duplicate entries for key ${pathText([step])}`)
    seen.add(step)
  }
}

/**
 * The value without what `last` names and `managed` does not: fields that their applier has given up and nobody else
 * owns. What became empty by that goes too.
 * @returns undefined when nothing is left
 */
export function prune(
  value: unknown,
  { last, managed, topology }: { last: FieldSet; managed: FieldSet | undefined; topology: Topology },
): unknown {
  if (!isOwned(managed) && (last.member || topology.form === 'struct')) return undefined
  const parts = partsOf(value, topology)
  if (!parts || last.children.size === 0) return value
  const kept: Part[] = []
  for (const part of parts) {
    const lastChild = last.children.get(part.step)
    const left = lastChild
      ? prune(part.value, {
          last: lastChild,
          managed: managed?.children.get(part.step),
          topology: part.topology,
        })
      : part.value
    if (left !== undefined) kept.push({ ...part, value: withKeys(left, part.value, topology.keys) })
  }
  if (kept.length === 0 && parts.length > 0 && !managed?.member) return undefined
  return Array.isArray(value)
    ? kept.map(part => part.value)
    : Object.fromEntries(kept.map(({ step, value: left }) => [step.slice(2), left]))
}

/** An element that somebody else still owns a part of keeps the keys by which it is known. */
function withKeys(left: unknown, element: unknown, keys: readonly string[]): unknown {
  if (keys.length === 0 || !isJsonObject(left) || !isJsonObject(element)) return left
  const known = keys.filter(key => element[key] !== undefined)
  return { ...Object.fromEntries(known.map(key => [key, element[key]])), ...left }
}

/** Whether anybody owns the path or something below it. */
function isOwned(managed: FieldSet | undefined): boolean {
  return managed !== undefined && !managed.isEmpty
}
