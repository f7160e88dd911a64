import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kind } from './kinds/kind.ts'

/** The part of JSON Schema that the definitions in resources/schema and those of custom kinds use. */
export interface JsonSchema {
  $ref?: string
  allOf?: JsonSchema[]
  description?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  pattern?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: string
}

const FOLDER = 'resources/schema'
const FILES = ['kubernetes.json', 'coxswain.json']
const PREFIX = '#/definitions/'

let loaded: Readonly<Record<string, JsonSchema>> | undefined

/** Every definition by its OpenAPI name (`io.k8s.api.core.v1.Pod`). Read from disk at first use. */
export function schemaDefinitions(): Readonly<Record<string, JsonSchema>> {
  loaded ??= Object.assign({}, ...FILES.map(file => readDefinitions(join(schemaFolder(), file))))
  return loaded as Readonly<Record<string, JsonSchema>>
}

function readDefinitions(path: string): Record<string, JsonSchema> {
  const { definitions } = JSON.parse(readFileSync(path, 'utf8')) as {
    definitions: Record<string, JsonSchema>
  }
  return definitions
}

/** Sources, bundles and the packaged app lie at different depths below the folder that holds `resources`. */
function schemaFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, FOLDER, 'kubernetes.json'))) return join(folder, FOLDER)
    if (dirname(folder) === folder) {
      throw new Error(
        `the API's schema is missing: no folder ${FOLDER} at or above ${start}; install Coxswain again`,
      )
    }
  }
}

/** Follows `$ref` and a single `allOf` to the definition behind them. */
export function resolveSchema(schema: JsonSchema): JsonSchema {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
  return reference ? (schemaDefinitions()[reference.slice(PREFIX.length)] ?? {}) : schema
}

/** The schema of a kind's objects. */
export function schemaOf(kind: Kind): JsonSchema {
  return typeof kind.schema === 'string' ? resolveSchema({ $ref: PREFIX + kind.schema }) : kind.schema
}

/** The definitions that `schema` needs, itself aside, by name. */
export function reachableDefinitions(schema: JsonSchema): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {}
  const visit = (node: JsonSchema): void => {
    if (typeof node.$ref === 'string') {
      const name = node.$ref.slice(PREFIX.length)
      if (found[name]) return
      const definition = resolveSchema(node)
      found[name] = definition
      visit(definition)
    }
    node.allOf?.forEach(visit)
    if (node.items) visit(node.items)
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties)
    for (const property of Object.values(node.properties ?? {})) visit(property)
  }
  visit(schema)
  return found
}
