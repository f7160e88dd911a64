import type { JsonSchema } from '../schema.ts'

/** A schema in pieces that refer to each other, which are compiled one by one. */
export interface Pieces {
  root: JsonSchema
  /** Those that others consist of come first. */
  definitions: Record<string, JsonSchema>
}

/**
 * Takes a schema apart at its objects. As a whole it becomes one function, and compiling that takes more time the
 * larger it gets: seconds for the definitions of a large operator.
 */
export function inPieces(schema: JsonSchema): Pieces {
  const definitions: Record<string, JsonSchema> = {}
  const take = (part: JsonSchema): JsonSchema => {
    const inner = within(part)
    if (!inner.properties) return inner
    const name = `piece-${Object.keys(definitions).length}`
    definitions[name] = inner
    return { $ref: `#/definitions/${name}` }
  }
  const within = (part: JsonSchema): JsonSchema => {
    const { properties, items, additionalProperties } = part
    return {
      ...part,
      ...(properties ? { properties: mapValues(properties, take) } : {}),
      ...(items ? { items: take(items) } : {}),
      ...(typeof additionalProperties === 'object'
        ? { additionalProperties: take(additionalProperties) }
        : {}),
    }
  }
  return { root: within(schema), definitions }
}

function mapValues<T>(object: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}
