import { StatusError } from '../../lib/errors.ts'
import { copyJson, isJsonObject, setMember } from '../../lib/json.ts'
import { Budget } from './cel/budget.ts'
import { CostExceeded } from './cel/errors.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

/**
 * As much as defaults may add to an object: a unit is a member or an element, or ten characters. An object that somebody
 * writes has 32,000 at most; one that grows to many times that is only made to fill the memory.
 */
const MAX_ADDED = 200_000

/**
 * Puts in the defaults of a structural schema, in place, from the outside in: a default object gets the defaults of
 * its members too. Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/algorithm.go.
 * @throws StatusError RequestEntityTooLarge when the object would be much larger with them
 */
export function applyDefaults(value: unknown, schema: OpenApiSchema): void {
  try {
    fill(value, schema, new Budget(MAX_ADDED))
  } catch (error) {
    if (!(error instanceof CostExceeded)) throw error
    throw new StatusError(
      'RequestEntityTooLarge',
      `Request entity too large: the defaults of its schema would add more than ${MAX_ADDED} members and elements to the object`,
    )
  }
}

/** Goes by what the object has, and by what has a default: a schema may have thousands of properties more. */
function fill(value: unknown, schema: OpenApiSchema, budget: Budget): void {
  if (typeof value !== 'object' || value === null) return
  const defaults = defaultsOf(schema)
  if (!defaults) return
  if (Array.isArray(value)) {
    if (defaults.items) for (const item of value) fill(item, defaults.items, budget)
    return
  }
  if (!isJsonObject(value)) return
  for (const { name, content, weight, nullable } of defaults.own) {
    const isThere = Object.hasOwn(value, name) && value[name] !== undefined
    if (isThere && (value[name] !== null || nullable)) continue
    budget.spend(weight)
    setMember(value, name, copyJson(content))
  }
  for (const name of Object.keys(value)) {
    const within = defaults.within(name)
    if (within) fill(value[name], within, budget)
  }
}

/** The defaults at a place of a schema, and the way to those below it. */
interface Defaults {
  own: readonly { name: string; content: unknown; weight: number; nullable: boolean }[]
  items?: OpenApiSchema
  /** What a member's own defaults stand in; undefined where it has none. */
  within: (name: string) => OpenApiSchema | undefined
}

const known = new WeakMap<OpenApiSchema, Defaults | undefined>()

/** undefined where there are none at all. */
function defaultsOf(schema: OpenApiSchema): Defaults | undefined {
  if (!known.has(schema)) known.set(schema, readDefaults(schema))
  return known.get(schema)
}

function readDefaults({ properties = {}, additionalProperties, items }: OpenApiSchema): Defaults | undefined {
  const own = Object.entries(properties)
    .filter(([, property]) => property.default !== undefined)
    .map(([name, { default: content, nullable = false }]) => {
      return { name, content, weight: name.length / 10 + weightOf(content), nullable }
    })
  const members = new Map(Object.entries(properties).map(([name, part]) => [name, withDefaults(part)]))
  const others = typeof additionalProperties === 'object' ? withDefaults(additionalProperties) : undefined
  const elements = items && withDefaults(items)
  if (own.length === 0 && !others && !elements && ![...members.values()].some(Boolean)) return undefined
  return { own, items: elements, within: name => (members.has(name) ? members.get(name) : others) }
}

function withDefaults(schema: OpenApiSchema): OpenApiSchema | undefined {
  return defaultsOf(schema) && schema
}

function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 10
  if (typeof value !== 'object' || value === null) return 1
  return Object.entries(value).reduce((sum, [name, part]) => sum + name.length / 10 + weightOf(part), 1)
}
