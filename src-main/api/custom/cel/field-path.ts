import { isJsonObject } from '../../../lib/json.ts'
import type { OpenApiSchema } from '../open-api-schema.ts'

const STEP = /^(?:\.([^.[\]']+)|\['((?:[^'\\]|\\.)*)'\])/

/**
 * The path of a rule, which leads to a field of its value: `.spec.name`, `['a.b']`.
 * @returns how the value's own path goes on to it, or what is wrong
 */
export function fieldPathOf(text: string, schema: OpenApiSchema): { path: string } | { fault: string } {
  let path = ''
  let within: OpenApiSchema | undefined = schema
  for (let rest = text; rest !== '';) {
    const match = STEP.exec(rest)
    if (!match) return { fault: `expected [ or . but got: ${rest}` }
    const name = match[1] ?? (match[2] ?? '').replace(/\\(.)/g, '$1')
    if (within?.properties) {
      if (!Object.hasOwn(within.properties, name)) return { fault: 'does not refer to a valid field' }
      within = within.properties[name]
      path += `.${name}`
    } else if (isJsonObject(within?.additionalProperties)) {
      within = within.additionalProperties as OpenApiSchema
      path += `[${name}]`
    } else return { fault: 'does not refer to a valid field' }
    rest = rest.slice(match[0].length)
  }
  return { path }
}
