import { isJsonObject } from '../../lib/json.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

/**
 * Removes, in place, every member that is null where its schema neither lets it be null nor has a default for it: such a
 * null means absent. Elements of lists stay, and so does what the schema says nothing about.
 * Source: apiextensions-apiserver pkg/apiserver/schema/defaulting/prune.go.
 */
export function dropNullMembers(value: unknown, schema: OpenApiSchema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) dropNullMembers(item, schema.items)
    return
  }
  if (!isJsonObject(value)) return
  const { properties = {}, additionalProperties } = schema
  for (const [name, member] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (typeof own !== 'object') continue
    if (member === null && !own.nullable && own.default === undefined) delete value[name]
    else dropNullMembers(member, own)
  }
}
