import type { JsonSchema } from '../schema.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

const OBJECT_META = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
const TYPE_META = { apiVersion: { type: 'string' }, kind: { type: 'string' } }

/** Keywords that mean the same in both. */
const SAME = [
  'description', 'format', 'pattern', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems',
  'minProperties', 'maxProperties',
] as const // prettier-ignore

/**
 * The JSON Schema by which the instances of a CustomResourceDefinition are checked. Objects are closed where the API
 * prunes, so that what would be pruned is found as unknown.
 */
export function jsonSchemaOf(schema: OpenApiSchema): JsonSchema {
  const root = convert(schema)
  return { ...root, properties: { ...root.properties, ...TYPE_META, metadata: OBJECT_META } }
}

/** A schema never changes: one that is part of another is converted once for both. */
const known = new WeakMap<OpenApiSchema, JsonSchema>()

/** As `jsonSchemaOf`, for a schema inside of one. */
function convert(schema: OpenApiSchema): JsonSchema {
  const converted = known.get(schema) ?? convertNew(schema)
  known.set(schema, converted)
  return converted
}

/** By what the default of a schema is checked: what stands in for it is no default. */
export function schemaOfDefault(schema: OpenApiSchema): JsonSchema {
  const own = { ...schema, default: undefined }
  const { type, enum: choice, ...converted } = convert(schema)
  return { ...converted, ...(type && { type: typeOf(own) }), ...(choice && { enum: choiceOf(own) }) }
}

function convertNew(schema: OpenApiSchema): JsonSchema {
  const { properties, additionalProperties, items } = schema
  const converted: JsonSchema & Record<string, unknown> = { ...validations(schema) }
  const type = typeOf(schema)
  if (type) converted.type = type
  if (properties) converted.properties = convertEach(properties)
  if (items) converted.items = convert(items)
  if (typeof additionalProperties === 'object') converted.additionalProperties = convert(additionalProperties)
  else if (additionalProperties === undefined && closes(schema)) converted.additionalProperties = false
  // What has a default is there once defaults are applied, which is after this check
  const required = (schema.required ?? []).filter(name => properties?.[name]?.default === undefined)
  if (required.length > 0) converted.required = required
  for (const [key, value] of Object.entries(schema))
    if (key.startsWith('x-kubernetes-')) converted[key] = value
  if (schema['x-kubernetes-embedded-resource']) embed(converted)
  return converted
}

function convertEach(properties: Record<string, OpenApiSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, convert(property)]))
}

function closes(schema: OpenApiSchema): boolean {
  return schema.type === 'object' && !schema['x-kubernetes-preserve-unknown-fields']
}

/** null also stands for a value that its default replaces. */
function typeOf(schema: OpenApiSchema): string | string[] | undefined {
  const types = schema['x-kubernetes-int-or-string']
    ? ['integer', 'string']
    : schema.type
      ? [schema.type]
      : []
  if (types.length === 0) return undefined
  if (schema.nullable || schema.default !== undefined) types.push('null')
  return types.length === 1 ? types[0] : types
}

function choiceOf({ enum: choice = [], nullable, default: content }: OpenApiSchema): unknown[] {
  return nullable || content !== undefined ? [...choice, null] : choice
}

function embed(schema: JsonSchema): void {
  schema.properties = { ...schema.properties, ...TYPE_META, metadata: OBJECT_META }
  schema.required = [...new Set([...(schema.required ?? []), 'apiVersion', 'kind'])]
}

/** What says something about a value without giving it a form: that is all that `allOf` and the like may have. */
function validations(schema: OpenApiSchema): JsonSchema & Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const keyword of SAME) if (schema[keyword] !== undefined) result[keyword] = schema[keyword]
  if (schema['x-kubernetes-int-or-string']) delete result.format
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (minimum !== undefined) result[exclusiveMinimum ? 'exclusiveMinimum' : 'minimum'] = minimum
  if (maximum !== undefined) result[exclusiveMaximum ? 'exclusiveMaximum' : 'maximum'] = maximum
  if (schema.enum) result.enum = choiceOf(schema)
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    const parts = schema[keyword]
    if (parts?.length) result[keyword] = parts.map(convertPart)
  }
  if (schema.not) result.not = convertPart(schema.not)
  return result as JsonSchema & Record<string, unknown>
}

function convertPart(schema: OpenApiSchema): Record<string, unknown> {
  const { properties, items, required } = schema
  return {
    ...validations(schema),
    ...(schema.type ? { type: schema.type } : {}),
    ...(required ? { required } : {}),
    ...(items ? { items: convertPart(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, convertPart(property)]),
          ),
        }
      : {}),
  }
}
