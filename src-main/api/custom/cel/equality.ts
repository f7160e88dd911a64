import { equalJson } from '../../../lib/json.ts'
import type { Budget } from './budget.ts'
import {
  CelMap, CelObject, compareNumbers, Duration, isNumber, List, Opaque, Optional, Timestamp, TypeValue, type Value,
} from './values.ts' // prettier-ignore

/** Equality as CEL has it: numbers by what they are worth, values of different types are different. */
export function equals(a: Value, b: Value, budget: Budget): boolean {
  budget.spend(1)
  if (a === b) {
    if (typeof a === 'string') budget.spendText(a.length)
    return true
  }
  if (a === null || b === null) return false
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length === b.length) budget.spendText(a.length)
    return false
  }
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof List && b instanceof List) return equalLists(a, b, budget)
  if (a instanceof CelMap && b instanceof CelMap) return equalMaps(a, b, budget)
  if (a instanceof CelObject && b instanceof CelObject) return equalObjects(a, b, budget)
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    budget.spendText(a.length)
    return Buffer.compare(a, b) === 0
  }
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanoseconds === b.nanoseconds
  if (a instanceof Duration && b instanceof Duration) return a.nanoseconds === b.nanoseconds
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name
  if (a instanceof Optional && b instanceof Optional) {
    if (a.value === undefined || b.value === undefined) return a.value === b.value
    return equals(a.value, b.value, budget)
  }
  if (!(a instanceof Opaque && b instanceof Opaque) || a.type !== b.type) return false
  const { key } = a
  budget.spendText(key.length)
  return key === b.key
}

function equalLists(a: List, b: List, budget: Budget): boolean {
  if (a.length !== b.length) return false
  budget.spend(a.length)
  const [left, right] = [a.byKey(budget), b.byKey(budget)]
  if (left && right) {
    for (const [key, value] of left) {
      const other = right.get(key)
      if (other === undefined || !equals(value, other, budget)) return false
    }
    return true
  }
  for (let index = 0; index < a.length; index++) {
    if (!equals(a.at(index), b.at(index), budget)) return false
  }
  return true
}

function equalMaps(a: CelMap, b: CelMap, budget: Budget): boolean {
  const keys = a.keys()
  const { size } = b
  budget.spend(keys.length + size)
  if (keys.length !== size) return false
  return keys.every(key => {
    const [left, right] = [a.get(key), b.get(key)]
    return left !== undefined && right !== undefined && equals(left, right, budget)
  })
}

function equalObjects(a: CelObject, b: CelObject, budget: Budget): boolean {
  const names = Object.keys(a.json)
  const { length } = Object.keys(b.json)
  budget.spend(names.length + length)
  if (names.length !== length) return false
  budget.spend(a.fields.size)
  const known = new Set<string>()
  for (const [field, { name }] of a.fields) {
    known.add(name)
    const [left, right] = [a.get(field), b.get(field)]
    if (left === undefined || right === undefined) {
      if (left !== right) return false
    } else if (!equals(left, right, budget)) return false
  }
  return names.every(name => {
    if (known.has(name)) return true
    budget.spendJson(a.json[name])
    return equalJson(a.json[name], b.json[name])
  })
}
