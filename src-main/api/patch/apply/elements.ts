import { isJsonObject } from '../../../lib/json.ts'
import type { Topology } from './topology.ts'

/** One part of a value that can have its own owners. */
export interface Part {
  /** As in `fieldsV1`. */
  step: string
  value: unknown
  topology: Topology
}

/** The parts that a value is divided into; undefined when it is owned whole. */
export function partsOf(value: unknown, topology: Topology): Part[] | undefined {
  switch (topology.form) {
    case 'leaf':
      return undefined
    case 'keyed':
    case 'set': {
      if (!Array.isArray(value)) return undefined
      const parts = value.map(element => ({
        step: stepOf(element, topology),
        value: element as unknown,
        topology: topology.child(''),
      }))
      return parts.every(hasStep) ? parts : undefined
    }
    default:
      if (!isJsonObject(value)) return undefined
      return Object.keys(value)
        .filter(name => value[name] !== undefined)
        .map(name => ({ step: `f:${name}`, value: value[name], topology: topology.child(name) }))
  }
}

function hasStep(part: { step: string | undefined; value: unknown; topology: Topology }): part is Part {
  return part.step !== undefined
}

/** How an element of a list is known; undefined for one without any of its keys. */
function stepOf(element: unknown, { form, keys, keyDefault }: Topology): string | undefined {
  if (form === 'set') return isJsonObject(element) ? undefined : `v:${JSON.stringify(element)}`
  if (!isJsonObject(element)) return undefined
  const given: Record<string, unknown> = {}
  for (const key of keys) {
    const value = element[key] ?? keyDefault(key)
    if (value !== undefined) given[key] = value
  }
  return Object.keys(given).length === 0 ? undefined : `k:${JSON.stringify(given)}`
}

/** The parts by step. Elements that share their keys, which only stored lists may have, count as one part together. */
export function byStep(parts: readonly Part[]): Map<string, Part> {
  const found = new Map<string, Part>()
  for (const part of parts) {
    const before = found.get(part.step)
    if (!before) found.set(part.step, part)
    else {
      const values = Array.isArray(before.value) ? (before.value as unknown[]) : [before.value]
      found.set(part.step, { ...before, value: [...values, part.value] })
    }
  }
  return found
}
