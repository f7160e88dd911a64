import { isJsonObject } from '../../../lib/json.ts'
import type { Kind } from '../../kinds/kind.ts'
import { referenceOf, shortName } from '../../openapi/definitions.ts'
import { type JsonSchema, schemaDefinitions, schemaOf } from '../../schema.ts'
import { atomicTypes, type PatchField, patchTypes } from '../merge-keys.ts'

/**
 * How server-side apply divides a value among its managers.
 * - `leaf`: it has one owner, whatever it is.
 * - `struct`: a map with members that are known by name; `map`: any names. Each member has its own owners.
 * - `keyed`: a list whose elements are known by `keys`; `set`: a list of plain values.
 * - `free`: nothing is known: maps are divided, everything else is a leaf.
 */
export interface Topology {
  readonly form: 'leaf' | 'struct' | 'map' | 'keyed' | 'set' | 'free'
  readonly keys: readonly string[]
  /** The same amount can be written in several ways. */
  readonly isQuantity?: true
  /** The topology of a member, or of an element of a keyed list. */
  child(name: string): Topology
  /** The value that a key has when an element does not give it. */
  keyDefault(key: string): unknown
}

const leaf: Topology = { form: 'leaf', keys: [], child: () => leaf, keyDefault: () => undefined }
const free: Topology = { form: 'free', keys: [], child: () => free, keyDefault: () => undefined }
const quantity: Topology = { ...leaf, isQuantity: true }
const set: Topology = { ...leaf, form: 'set' }

/** Keys that Kubernetes' types give a default; a custom resource says its own in its schema. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' }

const known = new WeakMap<Kind, Topology>()
const definitions = new Map<string, Topology>()

/** The topology of a kind's objects. */
export function topologyOf(kind: Kind): Topology {
  let topology = known.get(kind)
  if (!topology) {
    topology =
      typeof kind.schema === 'string' ? ofDefinition(kind.schema, false) : ofSchema(schemaOf(kind), {}, {})
    known.set(kind, topology)
  }
  return topology
}

function ofDefinition(name: string, granular: boolean): Topology {
  const key = `${name} ${granular}`
  let topology = definitions.get(key)
  if (!topology) {
    const short = shortName(name)
    const isAtomic = atomicTypes.has(short) && !granular
    topology = isAtomic ? leaf : ofSchema(schemaDefinitions()[name] ?? {}, {}, patchTypes[short] ?? {})
    definitions.set(key, topology)
  }
  return topology
}

/**
 * @param field what the table says about the field that has this schema
 * @param fields what it says about the members
 */
function ofSchema(
  schema: JsonSchema,
  field: PatchField,
  fields: Readonly<Record<string, PatchField>>,
): Topology {
  const reference = referenceOf(schema)
  if (reference !== undefined) return ofDefinition(reference, field.mapType === 'granular')
  if (schema.format === 'quantity') return quantity
  const says = schema as Record<string, unknown>
  if (schema.type === 'array') return ofList(schema, says, field)
  if (schema.type !== 'object' && !schema.properties) {
    return schema.type === undefined && says['x-kubernetes-int-or-string'] !== true ? free : leaf
  }
  if ((says['x-kubernetes-map-type'] ?? field.mapType) === 'atomic') return leaf
  const { properties = {}, additionalProperties } = schema
  const others = once(() =>
    isJsonObject(additionalProperties) ? ofSchema(additionalProperties, {}, {}) : free,
  )
  const members = once(name => ofSchema(properties[name] ?? {}, fields[name] ?? {}, {}))
  return {
    ...leaf,
    form: schema.properties ? 'struct' : isJsonObject(additionalProperties) ? 'map' : 'free',
    child: name => (Object.hasOwn(properties, name) ? members(name) : others('')),
  }
}

function ofList(schema: JsonSchema, says: Record<string, unknown>, field: PatchField): Topology {
  const { mergeKey, strategy } = field
  const implied = field.listType ?? (mergeKey ? 'map' : strategy === 'merge' ? 'set' : 'atomic')
  const listType = says['x-kubernetes-list-type'] ?? implied
  if (listType === 'set') return set
  if (listType !== 'map') return leaf
  const stated = says['x-kubernetes-list-map-keys']
  const keys = Array.isArray(stated) ? stated.map(String) : (field.listMapKeys ?? [mergeKey ?? 'name'])
  const element = once(() => ofSchema(schema.items ?? {}, {}, {}))
  const inline = schema.items?.properties
  return {
    form: 'keyed',
    keys: [...keys].sort(),
    child: () => element(''),
    keyDefault: key =>
      inline ? (inline[key] as { default?: unknown } | undefined)?.default : KEY_DEFAULTS[key],
  }
}

/** Schemas refer to themselves: what is inside is looked at when it is needed, and then kept. */
function once(make: (name: string) => Topology): (name: string) => Topology {
  const made = new Map<string, Topology>()
  return name => {
    const topology = made.get(name) ?? make(name)
    made.set(name, topology)
    return topology
  }
}
