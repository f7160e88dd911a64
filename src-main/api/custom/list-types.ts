import { isJsonObject } from '../../lib/json.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { OpenApiSchema } from './open-api-schema.ts'

/**
 * Finds elements that are twice in a list which its schema calls a set or a map.
 * Source: apiextensions-apiserver pkg/apiserver/schema/listtype/validation.go.
 */
export function validateLists(
  value: unknown,
  schema: OpenApiSchema,
  field: string,
  errors: FieldErrors,
): void {
  if (Array.isArray(value)) {
    const keyOf = keyOfItems(schema)
    const seen = new Set<string>()
    value.forEach((item: unknown, index) => {
      const path = `${field}[${index}]`
      if (keyOf) {
        const key = keyOf(item)
        if (seen.has(JSON.stringify(key))) errors.duplicate(path, key)
        seen.add(JSON.stringify(key))
      }
      if (schema.items) validateLists(item, schema.items, path, errors)
    })
    return
  }
  if (!isJsonObject(value)) return
  const { properties = {}, additionalProperties } = schema
  for (const [name, member] of Object.entries(value)) {
    const path = field ? `${field}.${name}` : name
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (own) validateLists(member, own, path, errors)
    else if (typeof additionalProperties === 'object') {
      validateLists(member, additionalProperties, `${field}[${name}]`, errors)
    }
  }
}

/** What tells the elements of a list apart; undefined where they may be alike. */
function keyOfItems({ items, ...schema }: OpenApiSchema): ((item: unknown) => unknown) | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return item => item
  if (type !== 'map') return undefined
  const names = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()
  return item => {
    const object = isJsonObject(item) ? item : {}
    const parts = names
      .map(name => [name, object[name] ?? items?.properties?.[name]?.default] as const)
      .filter(([, part]) => part !== undefined)
    return Object.fromEntries(parts)
  }
}
