import type { JsonSchema } from '../schema.ts'
import { type Rule, ruleOf, within } from './schema-rules.ts'

/** Removes the members that the schema does not have, in place. */
export function dropUnknownMembers(schema: JsonSchema, value: unknown): void {
  dropUnknown(ruleOf(schema), value)
}

function dropUnknown({ members, values, items, schema }: Rule, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (items) for (const item of value) dropUnknown(within(items), item)
    return
  }
  const object = value as Record<string, unknown>
  for (const name of Object.keys(object)) {
    const member = members.get(name) ?? values
    if (member) dropUnknown(within(member), object[name])
    else if (schema.additionalProperties === false) delete object[name]
  }
}
