import { isJsonObject } from '../../lib/json.ts'
import { canonicalQuantity, isQuantity } from '../../lib/quantity.ts'
import type { Kind } from '../kinds/kind.ts'
import { type JsonSchema, resolveSchema, schemaDefinitions, schemaOf } from '../schema.ts'
import { canonicalTime } from './formats.ts'

/** Where in a value there are texts that can be written in several ways; undefined where there are none. */
interface Places {
  /** The one way, for such a text itself. */
  write?: (value: unknown) => unknown
  members: ReadonlyMap<string, Places>
  /** What is in every element of a list, or in every value of a map. */
  inner?: Places
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const NONE = new Map<string, Places>()
/** Nearly all times are written so already, by digits of the second. */
const WRITTEN_TIME = {
  0: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  6: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
}
const quantity: Places = { members: NONE, write: value => written(value, 9) }
/** Those of maps are resource lists: Kubernetes rounds them up (pkg/apis/core/v1, SetDefaults_ResourceList). */
const amount: Places = { members: NONE, write: value => written(value, 3) }
const time: Places = { members: NONE, write: value => timeWritten(value, 0) }
const microTime: Places = { members: NONE, write: value => timeWritten(value, 6) }

const written = (value: unknown, places: 3 | 9) =>
  isQuantity(value) ? canonicalQuantity(value, places) : value
const timeWritten = (value: unknown, digits: 0 | 6) =>
  typeof value === 'string' && !WRITTEN_TIME[digits].test(value)
    ? (canonicalTime(value, digits) ?? value)
    : value

const known = new WeakMap<JsonSchema, { places?: Places }>()

/**
 * An object of Kubernetes' own kinds with its quantities (`1`, `1000m`) and times as Kubernetes writes them, so that what
 * is the same reads the same, and Go's clients can read all times. What is no quantity and no time is left as it is.
 * @returns the very object when it is so already; else one that shares all but what leads to a difference
 */
export function inCanonicalForm<T extends object>(kind: Kind, object: T): T {
  return kind.custom ? object : (rewrite(placesIn(schemaOf(kind)), object) as T)
}

/** As `inCanonicalForm`, for a part of which the schema has the given name. */
export function partInCanonicalForm<T>(definition: string, part: T): T {
  return rewrite(placesIn(schemaDefinitions()[definition] ?? {}), part) as T
}

function rewrite(places: Places | undefined, value: unknown): unknown {
  if (!places) return value
  if (places.write) return places.write(value)
  if (Array.isArray(value)) return rewriteItems(places, value)
  return isJsonObject(value) ? rewriteMembers(places, value) : value
}

function rewriteItems({ inner }: Places, items: unknown[]): unknown[] {
  let copy: unknown[] | undefined
  items.forEach((item, index) => {
    const now = rewrite(inner, item)
    if (now !== item) (copy ??= [...items])[index] = now
  })
  return copy ?? items
}

function rewriteMembers({ members, inner }: Places, object: Record<string, unknown>): unknown {
  let copy: Record<string, unknown> | undefined
  const look = (name: string, places: Places) => {
    const now = rewrite(places, object[name])
    if (now !== object[name]) (copy ??= { ...object })[name] = now
  }
  for (const [name, places] of members) if (Object.hasOwn(object, name)) look(name, places)
  if (inner) for (const name of Object.keys(object)) if (name !== '__proto__') look(name, inner)
  return copy ?? object
}

/** Read once. Definitions that contain themselves, those of schemas, have nothing of this in them. */
function placesIn(reference: JsonSchema): Places | undefined {
  const schema = resolveSchema(reference)
  const found = known.get(schema)
  if (found) return found.places
  const entry: { places?: Places } = {}
  known.set(schema, entry)
  entry.places = read(schema)
  return entry.places
}

function read(schema: JsonSchema): Places | undefined {
  if (schema.format === 'quantity') return quantity
  const definitions = schemaDefinitions()
  if (schema === definitions[`${META}.Time`]) return time
  if (schema === definitions[`${META}.MicroTime`]) return microTime
  const { properties = {}, additionalProperties, items } = schema
  const members = new Map<string, Places>()
  for (const [name, property] of Object.entries(properties)) {
    const places = placesIn(property)
    if (places) members.set(name, places)
  }
  const values = typeof additionalProperties === 'object' ? placesIn(additionalProperties) : undefined
  const inner = values === quantity ? amount : (values ?? (items && placesIn(items)))
  return members.size > 0 || inner ? { members, inner } : undefined
}
