import { copyJson, isJsonObject } from '../../lib/json.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

/**
 * Puts in the defaults of a structural schema, in place, from the outside in: a default object gets the defaults of
 * its members too. Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/algorithm.go.
 */
export function applyDefaults(value: unknown, schema: OpenApiSchema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(item, schema.items)
    return
  }
  if (!isJsonObject(value)) return
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMissing = value[name] === undefined || (value[name] === null && !property.nullable)
    if (isMissing && property.default !== undefined) value[name] = copyJson(property.default)
    applyDefaults(value[name], property)
  }
  const { additionalProperties } = schema
  if (typeof additionalProperties !== 'object') return
  for (const [name, member] of Object.entries(value)) {
    if (schema.properties && Object.hasOwn(schema.properties, name)) continue
    applyDefaults(member, additionalProperties)
  }
}
