import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { jsonText, shortened } from '../../lib/json-text.ts'
import type { Column, FieldReader, Kind, ScaleMapping, Subresource } from '../kinds/kind.ts'
import { age } from '../kinds/printing/age.ts'
import { ageColumn, nameColumn } from '../kinds/printing/columns.ts'
import { versionOf } from '../kinds/versions.ts'
import type { CustomResourceDefinition, KubeObject } from '../types.ts'
import { FieldErrors } from '../validation/field-errors.ts'
import { Budget } from './cel/budget.ts'
import { hasRules, validateRules } from './cel/rules.ts'
import { parseJsonPath, simplePath } from './json-path.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { OpenApiSchema } from './open-api-schema.ts'
import { validateLists } from './list-types.ts'
import { applyDefaults } from './schema-defaults.ts'
import { dropNullMembers } from './schema-nulls.ts'

type Version = CustomResourceDefinition['spec']['versions'][number]
type Scale = NonNullable<NonNullable<Version['subresources']>['scale']>
type PrinterColumn = NonNullable<Version['additionalPrinterColumns']>[number]

/** Units of work that all rules may take for one object; as Kubernetes' (apiserver pkg/apis/cel/config.go). */
const RULES_BUDGET = 10_000_000

/** Characters of a cell: a row of a table shows no more, and whole objects are none of its business. */
const MAX_CELL = 1024

/**
 * The kinds that a definition adds: one for each served version, with the stored version first. Instances are stored
 * in that version's form; between versions only `apiVersion` changes (conversion strategy None).
 */
export function customKinds(definition: CustomResourceDefinition): Kind[] {
  const { versions } = definition.spec
  const storage = versions.find(version => version.storage)
  if (!storage) return []
  const stored = kindOf(definition, storage)
  return versions
    .filter(version => version.served)
    .sort((a, b) => Number(b === storage) - Number(a === storage))
    .map(version => (version === storage ? stored : anotherVersion(definition, version, stored)))
}

function kindOf({ metadata, spec }: CustomResourceDefinition, version: Version): Kind {
  const { names } = spec
  const schema = schemaOf(version)
  const own = withoutMetadata(schema)
  const subresources: Subresource[] = []
  if (version.subresources?.status) subresources.push('status')
  if (version.subresources?.scale) subresources.push('scale')
  return {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    namespaced: spec.scope === 'Namespaced',
    ...(names.shortNames ? { shortNames: names.shortNames } : {}),
    ...(names.categories ? { categories: names.categories } : {}),
    subresources,
    schema: jsonSchemaOf(schema),
    custom: true,
    ...(metadata.deletionTimestamp
      ? { refused: 'create not allowed while custom resource definition is terminating' }
      : {}),
    validate: (object, errors, old) => {
      // what was stored before the schema said so may stay
      if (old && duplicatesIn(old, schema).causes.length > 0) return
      errors.causes.push(...duplicatesIn(object, schema).causes)
    },
    ...(hasRules(schema)
      ? {
          rules: (object, errors, context) =>
            validateRules(schema, object, { ...context, errors, budget: new Budget(RULES_BUDGET) }),
        }
      : {}),
    defaults: draft => applyDefaults(draft, own),
    dropNulls: draft => dropNullMembers(draft, own),
    fieldSelectors: selectorsOf(version),
    columns: [nameColumn, ...columnsOf(version)],
    ...(version.subresources?.scale ? { scale: scaleOf(version.subresources.scale) } : {}),
  }
}

function duplicatesIn(object: KubeObject, schema: OpenApiSchema): FieldErrors {
  const errors = new FieldErrors()
  validateLists(object, schema, '', errors)
  return errors
}

function anotherVersion(definition: CustomResourceDefinition, version: Version, stored: Kind): Kind {
  const own = kindOf(definition, version)
  const apiVersion = (name: string) => `${own.group}/${name}`
  const other = versionOf<KubeObject, KubeObject>(stored, {
    version: version.name,
    schema: own.schema,
    shortNames: own.shortNames,
    defaults: own.defaults,
    toStored: object => ({ ...object, apiVersion: apiVersion(stored.version) }),
    fromStored: object => ({ ...object, apiVersion: apiVersion(version.name) }),
  })
  const { columns, subresources, scale, fieldSelectors, rules, dropNulls } = own
  return { ...other, columns, subresources, fieldSelectors, scale, rules, dropNulls }
}

function schemaOf(version: Version): OpenApiSchema {
  return (version.schema?.openAPIV3Schema ?? {}) as OpenApiSchema
}

/** An object's metadata has no defaults of the schema's. */
function withoutMetadata(schema: OpenApiSchema): OpenApiSchema {
  const { metadata: _, ...properties } = schema.properties ?? {}
  return { ...schema, properties }
}

function columnsOf({ additionalPrinterColumns }: Version): Column<KubeObject>[] {
  return additionalPrinterColumns?.length ? additionalPrinterColumns.map(columnOf) : [ageColumn]
}

/** Source: apiextensions-apiserver pkg/registry/customresource/tableconvertor. */
function columnOf({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: PrinterColumn): Column<KubeObject> {
  const read = parseJsonPath(jsonPath)
  return {
    name,
    type: type as Column<KubeObject>['type'],
    ...(format ? { format } : {}),
    description: description ?? '',
    priority: priority ? 1 : 0,
    cell: (object, now) => cellOf(type, read(object), now),
  }
}

function cellOf(type: string, found: unknown[], now: number): string | number | boolean | null {
  const [value] = found
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? age(value, now) : null
    default:
      return cellText(found)
  }
}

/** As much of it as fits into a cell. */
function cellText(found: readonly unknown[]): string {
  let text = ''
  for (const [index, item] of found.entries()) {
    if (text.length > MAX_CELL) break
    if (index > 0) text += ' '
    text += typeof item === 'string' ? shortened(item, MAX_CELL) : jsonText(item, MAX_CELL)
  }
  return shortened(text, MAX_CELL)
}

function selectorsOf({ selectableFields }: Version): Record<string, FieldReader<KubeObject>> {
  const readers = (selectableFields ?? []).map(({ jsonPath }) => {
    const read = parseJsonPath(jsonPath)
    return [jsonPath.slice(1), (object: KubeObject) => plainText(read(object)[0])] as const
  })
  return Object.fromEntries(readers)
}

/** Of a plain value; an object or a list has none, and may have been stored before the schema said so. */
function plainText(value: unknown): string {
  return typeof value === 'object' ? '' : String(value ?? '')
}

function scaleOf(scale: Scale): ScaleMapping<KubeObject> {
  const wanted = simplePath(scale.specReplicasPath)
  const seen = simplePath(scale.statusReplicasPath)
  const selector = scale.labelSelectorPath ? simplePath(scale.labelSelectorPath) : undefined
  return {
    replicas: object => numberAt(object, wanted),
    setReplicas: (draft, replicas) => setAt(draft as unknown as JsonObject, wanted, replicas),
    statusReplicas: object => numberAt(object, seen),
    selector: object => (selector ? plainText(valueAt(object, selector)) : ''),
  }
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isJsonObject(value) ? value[name] : undefined), object)
}

function numberAt(object: unknown, path: readonly string[]): number {
  const value = valueAt(object, path)
  return typeof value === 'number' ? value : 0
}

function setAt(object: JsonObject, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    object[name] = value
    return
  }
  if (!isJsonObject(object[name])) object[name] = {}
  setAt(object[name] as JsonObject, rest, value)
}
