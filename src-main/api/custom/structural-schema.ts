import { isJsonObject } from '../../lib/json.ts'
import { FieldErrors } from '../validation/field-errors.ts'
import { CHECK_BUDGET, checkSchema } from '../validation/schema-check.ts'
import { Budget } from './cel/budget.ts'
import { schemaOfDefault } from './json-schema.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const LIST_TYPES = ['atomic', 'map', 'set']
const MAP_TYPES = ['atomic', 'granular']
/** JSON Schema that OpenAPI in Kubernetes does not have. */
const FORBIDDEN = ['$ref', 'id', 'definitions', 'dependencies', 'patternProperties', 'additionalItems']
/** What gives a value its form must stand outside of allOf, anyOf, oneOf and not. */
const STRUCTURE = [
  'description', 'type', 'default', 'nullable', 'additionalProperties', 'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string', 'x-kubernetes-list-type',
] as const // prettier-ignore

/** What all parts of a definition have in common. */
interface Check {
  errors: FieldErrors
  /** For holding the defaults to their schemas. */
  budget: Budget
}

/**
 * Checks that schemas are structural: every value has a type, known without looking at the data, so that unknown
 * fields can be told from known ones. Source: apiextensions-apiserver pkg/apiserver/schema/validation.go.
 */
export function validateStructuralSchemas(
  schemas: readonly { schema: OpenApiSchema; field: string }[],
  errors: FieldErrors,
): void {
  const check = { errors, budget: new Budget(CHECK_BUDGET) }
  for (const { schema, field } of schemas) {
    if (schema.type !== 'object') {
      if (schema.type) errors.invalid(`${field}.type`, schema.type, 'must be object at the root')
      else errors.required(`${field}.type`, 'must not be empty at the root')
    }
    if (schema.default !== undefined) errors.forbidden(`${field}.default`, 'must not be set at the root')
    validateNode(schema, { field, isRoot: true }, check)
  }
}

function validateNode(
  schema: OpenApiSchema,
  { field, isRoot = false, place = '' }: { field: string; isRoot?: boolean; place?: string },
  check: Check,
): void {
  const { errors } = check
  if (errors.full) return
  if (typeof schema !== 'object') {
    errors.typeInvalid(field, schema, 'must be a schema')
    return
  }
  validateType(schema, { field, isRoot, place }, errors)
  for (const keyword of FORBIDDEN) {
    if (schema[keyword as keyof OpenApiSchema] !== undefined)
      errors.forbidden(`${field}.${keyword}`, `${keyword} is not supported`)
  }
  if (schema.uniqueItems)
    errors.forbidden(
      `${field}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    )
  if (schema.properties && schema.additionalProperties) {
    errors.forbidden(
      `${field}.additionalProperties`,
      'additionalProperties and properties are mutual exclusive',
    )
  }
  if (Array.isArray(schema.items))
    errors.forbidden(`${field}.items`, 'items must be a schema object and not an array')
  validateExtensions(schema, field, errors)
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    schema[keyword]?.forEach((part, index) =>
      validatePart(part, `${field}.${keyword}[${index}]`, { within: schema, errors }),
    )
  }
  if (schema.not) validatePart(schema.not, `${field}.not`, { within: schema, errors })
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    // What a root says about metadata is the name's form at most; the rest is every object's
    if (isRoot && name === 'metadata') continue
    validateNode(
      property,
      { field: `${field}.properties[${name}]`, place: 'for specified object fields' },
      check,
    )
  }
  if (isJsonObject(schema.additionalProperties)) {
    validateNode(
      schema.additionalProperties,
      { field: `${field}.additionalProperties`, place: 'for specified object fields' },
      check,
    )
  }
  if (isJsonObject(schema.items)) {
    validateNode(schema.items, { field: `${field}.items`, place: 'for specified array items' }, check)
  }
  validateDefault(schema, field, check)
}

function validateType(
  schema: OpenApiSchema,
  { field, isRoot, place }: { field: string; isRoot: boolean; place: string },
  errors: FieldErrors,
): void {
  const { type } = schema
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string']
  if (schema['x-kubernetes-int-or-string'] && type) {
    errors.invalid(`${field}.type`, type, 'must be empty if x-kubernetes-int-or-string is true')
  } else if (type && !TYPES.includes(type)) errors.notSupported(`${field}.type`, type, TYPES)
  else if (!type && !isOpen && !isRoot) errors.required(`${field}.type`, `must not be empty ${place}`)
  if (type === 'array' && !schema.items) errors.required(`${field}.items`, 'must be specified')
}

function validateExtensions(schema: OpenApiSchema, field: string, errors: FieldErrors): void {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  const mapType = schema['x-kubernetes-map-type']
  if (listType !== undefined && !LIST_TYPES.includes(listType)) {
    errors.notSupported(`${field}.x-kubernetes-list-type`, listType, LIST_TYPES)
  }
  if (mapType !== undefined && !MAP_TYPES.includes(mapType)) {
    errors.notSupported(`${field}.x-kubernetes-map-type`, mapType, MAP_TYPES)
  }
  if (listType !== undefined && schema.type !== 'array') {
    errors.invalid(`${field}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified')
  }
  if (listType === 'map' && !keys?.length) {
    errors.required(
      `${field}.x-kubernetes-list-map-keys`,
      'must not be empty if x-kubernetes-list-type is map',
    )
  }
  if (keys?.length && listType !== 'map') {
    errors.invalid(
      `${field}.x-kubernetes-list-type`,
      listType ?? '',
      'must be map if x-kubernetes-list-map-keys is non-empty',
    )
  }
  const required = new Set(schema.items?.required)
  for (const key of listType === 'map' ? (keys ?? []) : []) {
    const property = schema.items?.properties?.[key]
    if (!property) {
      errors.invalid(
        `${field}.x-kubernetes-list-map-keys`,
        key,
        'entries must all be names of item properties',
      )
    } else if (property.default === undefined && !required.has(key)) {
      errors.required(
        `${field}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      )
    }
  }
  if (!schema['x-kubernetes-embedded-resource']) return
  if (schema.type !== 'object')
    errors.invalid(
      `${field}.type`,
      schema.type ?? '',
      'must be object if x-kubernetes-embedded-resource is true',
    )
  if (!schema.properties && !schema['x-kubernetes-preserve-unknown-fields']) {
    errors.required(
      `${field}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    )
  }
}

function validatePart(
  part: OpenApiSchema,
  field: string,
  { within, errors }: { within: OpenApiSchema; errors: FieldErrors },
): void {
  if (errors.full) return
  for (const keyword of STRUCTURE) {
    // Kubernetes' own generator writes anyOf: [{type: integer}, {type: string}] beside int-or-string
    if (part[keyword] === undefined || (keyword === 'type' && within['x-kubernetes-int-or-string'])) continue
    errors.forbidden(`${field}.${keyword}`, 'must be empty to be structural')
  }
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    validatePart(property, `${field}.properties[${name}]`, {
      within: within.properties?.[name] ?? {},
      errors,
    })
  }
  if (isJsonObject(part.items))
    validatePart(part.items, `${field}.items`, { within: within.items ?? {}, errors })
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    part[keyword]?.forEach((inner, index) =>
      validatePart(inner, `${field}.${keyword}[${index}]`, { within, errors }),
    )
  }
  if (part.not) validatePart(part.not, `${field}.not`, { within, errors })
}

/** A default has to be a value that the schema itself would let in, without anything to prune. */
function validateDefault(schema: OpenApiSchema, field: string, { errors, budget }: Check): void {
  if (schema.default === undefined) return
  const found = new FieldErrors()
  const unknown: string[] = []
  checkSchema(schemaOfDefault(schema), schema.default, { goTypes: false, errors: found, unknown, budget })
  const [first] = found.causes
  const [extra] = unknown
  if (!first && extra === undefined) return
  const place = first ? first.field : extra
  const what = first ? first.message : 'is not in the schema'
  errors.invalid(
    `${field}.default`,
    schema.default,
    `must be valid by its own schema: ${place ? `${place}: ` : ''}${what}`,
  )
}
