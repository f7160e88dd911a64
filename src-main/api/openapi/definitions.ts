import { atomicTypes, type PatchField, patchTypes } from '../patch/merge-keys.ts'
import type { JsonSchema } from '../schema.ts'

/** Which OpenAPI a schema is written for: the two differ in references and in what they can say. */
export type Dialect = 'v2' | 'v3'

export type SpecSchema = Record<string, unknown>

const PREFIX = '#/definitions/'
const REFERENCES: Record<Dialect, string> = { v2: PREFIX, v3: '#/components/schemas/' }

/** Keywords that both dialects know and that are passed on. */
const COMMON = [
  'description', 'title', 'enum', 'required', 'default', 'pattern', 'maximum', 'minimum', 'exclusiveMaximum',
  'exclusiveMinimum', 'maxLength', 'minLength', 'maxItems', 'minItems', 'uniqueItems', 'maxProperties',
  'minProperties', 'multipleOf',
] // prettier-ignore
/** Keywords of structural schemas that version 2 does not know. */
const ONLY_V3 = ['nullable', 'oneOf', 'anyOf', 'not']

/** `io.k8s.api.core.v1.Pod` to `Pod`: the name under which the table of merge keys knows a type. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** The name behind a `$ref`, also when it is wrapped in `allOf` to carry a description. */
export function referenceOf(schema: JsonSchema): string | undefined {
  const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
  return reference?.slice(PREFIX.length)
}

/**
 * One of our definitions as OpenAPI publishes it, with the extensions from which kubectl computes its patches.
 * @param name the definition's full name, `''` for a schema that has none
 */
export function describeDefinition(name: string, schema: JsonSchema, dialect: Dialect): SpecSchema {
  const short = shortName(name)
  const described = describe(schema, dialect, patchTypes[short])
  if (atomicTypes.has(short)) described['x-kubernetes-map-type'] = 'atomic'
  return described
}

function describe(
  schema: JsonSchema,
  dialect: Dialect,
  fields: Readonly<Record<string, PatchField>> = {},
): SpecSchema {
  const reference = referenceOf(schema)
  if (reference !== undefined) return refer(REFERENCES[dialect] + reference, schema.description, dialect)
  const given = schema as SpecSchema
  const spec: SpecSchema = { ...typeOf(schema, dialect) }
  for (const key of dialect === 'v3' ? [...COMMON, ...ONLY_V3] : COMMON) {
    if (given[key] !== undefined) spec[key] = given[key]
  }
  for (const key of Object.keys(given)) if (key.startsWith('x-kubernetes-')) spec[key] = given[key]
  Object.assign(spec, boundsOf(given))
  if (Array.isArray(spec.enum)) spec.enum = spec.enum.filter(value => value !== null)
  if (dialect === 'v2' && holdsMore(schema)) return spec
  const { properties, items, additionalProperties } = schema
  // with an empty list of them, kubectl 1.20 takes an object that holds anything for one that holds nothing
  if (properties && Object.keys(properties).length > 0) {
    spec.properties = Object.fromEntries(
      Object.entries(properties).map(([key, property]) => [
        key,
        { ...describe(property, dialect), ...extensionsOf(property, fields[key]) },
      ]),
    )
  }
  if (items) spec.items = describe(items, dialect)
  if (typeof additionalProperties === 'object')
    spec.additionalProperties = describe(additionalProperties, dialect)
  return spec
}

/**
 * Where more than the schema says may stand, version 2 says nothing of the members: kubectl would refuse all others.
 * Source: apiextensions-apiserver pkg/controller/openapi/v2/conversion.go.
 */
function holdsMore(schema: JsonSchema): boolean {
  return (schema as SpecSchema)['x-kubernetes-preserve-unknown-fields'] === true
}

function refer(reference: string, description: string | undefined, dialect: Dialect): SpecSchema {
  if (description === undefined) return { $ref: reference }
  // Version 2 clients expect the description beside the reference, version 3 allows none there.
  return dialect === 'v2' ? { description, $ref: reference } : { description, allOf: [{ $ref: reference }] }
}

/** JSON Schema says an exclusive bound as a number, OpenAPI as a remark to the bound. */
function boundsOf({ exclusiveMinimum, exclusiveMaximum }: SpecSchema): SpecSchema {
  return {
    ...(typeof exclusiveMinimum === 'number' ? { minimum: exclusiveMinimum, exclusiveMinimum: true } : {}),
    ...(typeof exclusiveMaximum === 'number' ? { maximum: exclusiveMaximum, exclusiveMaximum: true } : {}),
  }
}

/** Our two formats that are several JSON types are told in the way that each dialect's clients know. */
function typeOf({ type, format }: JsonSchema, dialect: Dialect): SpecSchema {
  const types = Array.isArray(type) ? type.filter(one => one !== 'null') : []
  if (types.length === 1) return { type: types[0], ...(format === undefined ? {} : { format }) }
  if (Array.isArray(type)) {
    const named = format === 'quantity' ? {} : { format }
    return dialect === 'v2'
      ? { type: 'string', ...named }
      : { oneOf: types.map(one => ({ type: one })), ...named }
  }
  return { ...(type === undefined ? {} : { type }), ...(format === undefined ? {} : { format }) }
}

/** What Kubernetes says about a field beside its type: how patches and server-side apply merge it. */
export function extensionsOf(schema: JsonSchema, field: PatchField = {}): SpecSchema {
  const { mergeKey, strategy, retainKeys, listMapKeys, mapType } = field
  const extensions: SpecSchema = {}
  if (mergeKey) extensions['x-kubernetes-patch-merge-key'] = mergeKey
  const strategies = [mergeKey ? 'merge' : strategy, retainKeys ? 'retainKeys' : undefined].filter(Boolean)
  if (strategies.length > 0) extensions['x-kubernetes-patch-strategy'] = strategies.join(',')
  if (schema.type === 'array' && !Object.hasOwn(schema, 'x-kubernetes-list-type')) {
    const listType = field.listType ?? (mergeKey ? 'map' : strategy === 'merge' ? 'set' : 'atomic')
    extensions['x-kubernetes-list-type'] = listType
    if (listType === 'map') extensions['x-kubernetes-list-map-keys'] = listMapKeys ?? [mergeKey]
  }
  if (mapType) extensions['x-kubernetes-map-type'] = mapType
  return extensions
}
