import { mapInPortions } from '../../lib/turn.ts'
import { type Kind } from '../kinds/kind.ts'
import { type JsonSchema, reachableDefinitions, schemaDefinitions, schemaOf } from '../schema.ts'
import { describeDefinition, type Dialect, type SpecSchema } from './definitions.ts'
import { DELETE_OPTIONS, PATCH, pathsOf, type PathItem, STATUS } from './operations.ts'

const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
/** What operations refer to, whatever the kinds. */
const ALWAYS = [STATUS, DELETE_OPTIONS, PATCH, LIST_META, OBJECT_META]

/** The paths of some kinds, and every definition that they need, by name. */
export interface Components {
  paths: Record<string, PathItem>
  definitions: Record<string, SpecSchema>
}

/** Gathers what OpenAPI says about `kinds`, in steps between which others have their turn; nothing is kept. */
export async function componentsOf(kinds: readonly Kind[], dialect: Dialect): Promise<Components> {
  const paths: Record<string, PathItem> = {}
  const schemas: Record<string, JsonSchema> = {}
  const extensions: Record<string, SpecSchema> = {}
  const add = (name: string, schema: JsonSchema | undefined) => {
    if (!schema) return
    // a list leads to the kind that it is of, and a custom one is none of our own definitions: what is there stays
    for (const [reached, definition] of Object.entries(reachableDefinitions(schema)))
      schemas[reached] ??= definition
    schemas[name] = schema
  }
  for (const name of ALWAYS) add(name, schemaDefinitions()[name])
  await mapInPortions(kinds, kind => {
    const name = definitionNameOf(kind)
    add(name, schemaOf(kind))
    add(`${name}List`, listSchema(kind, name))
    extensions[name] = gvkExtension(kind)
    extensions[`${name}List`] = gvkExtension({ ...kind, kind: `${kind.kind}List` })
    const own = pathsOf(kind, name)
    for (const body of bodiesOf(own)) if (!schemas[body]) add(body, schemaDefinitions()[body])
    Object.assign(paths, own)
  })
  const names = Object.keys(schemas).sort()
  const describe = (name: string) => {
    const definition = describeDefinition(name, schemas[name] ?? {}, dialect)
    return [name, { ...definition, ...extensions[name] }] as const
  }
  const definitions = await mapInPortions(names, describe)
  return { paths, definitions: Object.fromEntries(definitions) }
}

/** `io.k8s.api.apps.v1.Deployment`; for a kind with a schema of its own, its group reversed: `com.example.v1.Backup`. */
export function definitionNameOf({ schema, group, version, kind }: Kind): string {
  return typeof schema === 'string' ? schema : [...group.split('.').reverse(), version, kind].join('.')
}

function gvkExtension({ group, version, kind }: Pick<Kind, 'group' | 'version' | 'kind'>): SpecSchema {
  return { 'x-kubernetes-group-version-kind': [{ group, version, kind }] }
}

function listSchema({ kind }: Kind, name: string): JsonSchema {
  const reference = (to: string) => ({ allOf: [{ $ref: `#/definitions/${to}` }] })
  return {
    description: `${kind}List is a list of ${kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: reference(name) },
      kind: { type: 'string' },
      metadata: reference(LIST_META),
    },
  }
}

function bodiesOf(paths: Record<string, PathItem>): string[] {
  const operations = Object.values(paths).flatMap(item => Object.values(item))
  return operations.flatMap(({ body, answer }) => [body, answer]).filter(name => name !== undefined)
}
