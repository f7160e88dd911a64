import { isJsonObject } from '../../../lib/json.ts'
import type { OpenApiSchema } from '../open-api-schema.ts'
import { escapeName } from './escape.ts'
import { EvaluationError } from './errors.ts'
import { parseDuration, parseTimestamp } from './library/times.ts'
import { listOf, mapOf, objectOf, type Type, types } from './types.ts'
import { CelMap, CelObject, type Convert, type ElementKey, type FieldForm, List } from './values.ts'

/** What expressions know of a schema: the type, and how JSON becomes values of it. */
export interface SchemaType {
  type: Type
  convert: Convert
}

const known = new WeakMap<OpenApiSchema, SchemaType | undefined>()

const METADATA: OpenApiSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
}

/**
 * The type of a schema's values; undefined where the schema does not say enough, so that expressions cannot reach them.
 * Source: kubernetes apiserver pkg/cel/common/schemas.go, values.go.
 */
export function schemaType(schema: OpenApiSchema, isRoot = false): SchemaType | undefined {
  if (!known.has(schema)) known.set(schema, withNull(schema, typeOf(schema, isRoot)))
  return known.get(schema)
}

/** The schema with what every object has: of its metadata only the names. */
export function withObjectMeta(schema: OpenApiSchema): OpenApiSchema {
  const string = { type: 'string' }
  const properties = { ...schema.properties, apiVersion: string, kind: string, metadata: METADATA }
  return { ...schema, properties }
}

function withNull(schema: OpenApiSchema, found: SchemaType | undefined): SchemaType | undefined {
  if (!found) return undefined
  const { type, convert } = found
  return {
    type,
    convert: json => {
      if (json !== null) return convert(json)
      if (schema.nullable) return null
      throw new EvaluationError('invalid data, got null for schema with nullable=false')
    },
  }
}

function typeOf(schema: OpenApiSchema, isRoot: boolean): SchemaType | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: types.dyn, convert: intOrString }
  const { properties } = isRoot || schema['x-kubernetes-embedded-resource'] ? withObjectMeta(schema) : schema
  switch (schema.type) {
    case 'array':
      return arrayType(schema)
    case 'object':
      if (isJsonObject(schema.additionalProperties)) return mapType(schema.additionalProperties)
      return objectType(properties ?? {})
    case 'string':
      return STRINGS[schema.format ?? ''] ?? { type: types.string, convert: checked('string') }
    case 'boolean':
      return { type: types.bool, convert: checked('boolean') }
    case 'integer':
      return { type: types.int, convert: integer }
    case 'number':
      return { type: types.double, convert: checked('number') }
    default:
      return undefined
  }
}

function arrayType({ items, ...schema }: OpenApiSchema): SchemaType | undefined {
  const element = items && schemaType(items)
  if (!element) return undefined
  const keyOf = elementKey(schema)
  return {
    type: listOf(element.type),
    convert: json => {
      if (!Array.isArray(json)) throw expected('an array', json)
      return new List(json, element.convert, keyOf)
    },
  }
}

function mapType(values: OpenApiSchema): SchemaType | undefined {
  const value = schemaType(values)
  return (
    value && {
      type: mapOf(types.string, value.type),
      convert: json => CelMap.ofJson(objectOr(json), value.convert),
    }
  )
}

function objectType(properties: Record<string, OpenApiSchema>): SchemaType {
  const forms = new Map<string, FieldForm>()
  const fields = new Map<string, Type>()
  for (const [name, property] of Object.entries(properties)) {
    const field = escapeName(name)
    const found = schemaType(property)
    if (field === undefined || !found) continue
    forms.set(field, { name, convert: found.convert })
    fields.set(field, found.type)
  }
  return { type: objectOf(fields), convert: json => new CelObject(objectOr(json), forms) }
}

/** How elements are told apart that may stand in any order; undefined where their place is what tells them apart. */
export function elementKey(schema: OpenApiSchema): ElementKey | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return json => JSON.stringify(json)
  const keys = schema['x-kubernetes-list-map-keys']
  if (type !== 'map' || !keys) return undefined
  return json => JSON.stringify(keys.map(key => (isJsonObject(json) ? json[key] : undefined)))
}

const STRINGS: Readonly<Partial<Record<string, SchemaType>>> = {
  byte: { type: types.bytes, convert: json => Buffer.from(text(json), 'base64') },
  duration: { type: types.duration, convert: json => parseDuration(text(json)) },
  date: { type: types.timestamp, convert: json => parseTimestamp(`${text(json)}T00:00:00Z`) },
  'date-time': { type: types.timestamp, convert: json => parseTimestamp(text(json)) },
}

function expected(what: string, json: unknown): EvaluationError {
  const found = Array.isArray(json) ? 'an array' : json === null ? 'null' : typeof json
  return new EvaluationError(
    `invalid data, expected ${what} to match the type in the schema but got ${found}`,
  )
}

function checked(type: 'string' | 'boolean' | 'number'): Convert {
  return json => {
    if (typeof json !== type) throw expected(type, json)
    return json as string | boolean | number
  }
}

function text(json: unknown): string {
  if (typeof json !== 'string') throw expected('a string', json)
  return json
}

const integer: Convert = json => {
  if (typeof json !== 'number' || !Number.isInteger(json)) throw expected('an integer', json)
  return BigInt(json)
}

const intOrString: Convert = json => (typeof json === 'string' ? json : integer(json))

function objectOr(json: unknown): Record<string, unknown> {
  if (!isJsonObject(json)) throw expected('an object', json)
  return json
}
