import { JsonPathError, parseJsonPath, simplePath } from '../custom/json-path.ts'
import type { OpenApiSchema } from '../custom/open-api-schema.ts'
import { validatePatterns } from '../custom/schema-patterns.ts'
import { validateStructuralSchemas } from '../custom/structural-schema.ts'
import type { CustomResourceDefinition } from '../types.ts'
import { checkImmutable, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { dns1035Label, dnsSubdomain } from './text-rules.ts'

type Spec = CustomResourceDefinition['spec']
type Version = Spec['versions'][number]

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const SCOPES = ['Cluster', 'Namespaced']
const APPROVAL = 'api-approved.kubernetes.io'

/** Nobody reads more; every row of a list has all of them. */
const MAX_COLUMNS = 100
/** As Kubernetes. */
const MAX_SELECTABLE_FIELDS = 8

/** Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceDefinition. */
export function validateDefinition(
  definition: CustomResourceDefinition,
  errors: FieldErrors,
  old?: CustomResourceDefinition,
): void {
  const { metadata, spec } = definition
  const { names, group, versions = [] } = spec
  requireText(errors, 'spec.group', group, dnsSubdomain)
  if (group && !group.includes('.'))
    errors.invalid('spec.group', group, 'should be a domain with at least one dot')
  validateApproval(definition, errors)
  if (names?.plural && metadata.name !== `${names.plural}.${group}`) {
    errors.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')
  }
  if (!SCOPES.includes(spec.scope)) {
    if (spec.scope) errors.notSupported('spec.scope', spec.scope, SCOPES)
    else errors.required('spec.scope')
  }
  validateNames(names, errors)
  validateConversion(spec, errors)
  if (spec.preserveUnknownFields) {
    errors.invalid(
      'spec.preserveUnknownFields',
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    )
  }
  if (versions.length === 0) errors.required('spec.versions', 'must have at least one version')
  checkUnique(
    errors,
    versions,
    ({ name }) => name,
    index => `spec.versions[${index}].name`,
  )
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.invalid(
      'spec.versions',
      versions.map(({ name }) => name),
      'must have exactly one version marked as storage version',
    )
  }
  versions.forEach((version, index) => validateVersion(version, `spec.versions[${index}]`, errors))
  validateSchemas(spec, errors)
  if (old) validateChange(definition, old, errors)
}

/** Groups of Kubernetes itself need its approval; a chart that has it carries this annotation. */
function validateApproval({ metadata, spec }: CustomResourceDefinition, errors: FieldErrors): void {
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(spec.group ?? '')
  if (!isProtected || metadata.annotations?.[APPROVAL]) return
  errors.required(
    `metadata.annotations[${APPROVAL}]`,
    'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
  )
}

function validateNames(names: Spec['names'] | undefined, errors: FieldErrors): void {
  const field = 'spec.names'
  requireText(errors, `${field}.plural`, names?.plural, dns1035Label)
  requireText(errors, `${field}.singular`, names?.singular, dns1035Label)
  for (const name of ['kind', 'listKind'] as const) {
    const text = names?.[name]
    requireText(errors, `${field}.${name}`, text, kind => dns1035Label(kind.toLowerCase()))
  }
  names?.shortNames?.forEach((name, index) =>
    requireText(errors, `${field}.shortNames[${index}]`, name, dns1035Label),
  )
  names?.categories?.forEach((name, index) =>
    requireText(errors, `${field}.categories[${index}]`, name, dns1035Label),
  )
  if (names?.listKind && names.listKind === names.kind) {
    errors.invalid(`${field}.listKind`, names.listKind, 'kind and listKind may not be the same')
  }
}

function validateConversion({ conversion }: Spec, errors: FieldErrors): void {
  if (!conversion || conversion.strategy === 'None') {
    if (conversion?.webhook) {
      errors.forbidden('spec.conversion.webhook', 'should not be set when strategy is not set to Webhook')
    }
  } else if (conversion.strategy === 'Webhook') {
    errors.forbidden(
      'spec.conversion.strategy',
      'Coxswain calls no conversion webhooks: use the strategy None, which keeps objects as they are in every version',
    )
  } else errors.notSupported('spec.conversion.strategy', conversion.strategy, ['None', 'Webhook'])
}

function validateVersion(version: Version, field: string, errors: FieldErrors): void {
  requireText(errors, `${field}.name`, version.name, dns1035Label)
  if (!version.schema?.openAPIV3Schema) {
    errors.required(`${field}.schema.openAPIV3Schema`, 'schemas are required')
  }
  const { additionalPrinterColumns: columns = [], selectableFields = [] } = version
  if (columns.length > MAX_COLUMNS) {
    errors.tooMany(`${field}.additionalPrinterColumns`, columns.length, MAX_COLUMNS)
  }
  if (selectableFields.length > MAX_SELECTABLE_FIELDS) {
    errors.tooMany(`${field}.selectableFields`, selectableFields.length, MAX_SELECTABLE_FIELDS)
  }
  columns.slice(0, MAX_COLUMNS).forEach(({ name, type, format, jsonPath }, index) => {
    const path = `${field}.additionalPrinterColumns[${index}]`
    requireText(errors, `${path}.name`, name)
    if (!COLUMN_TYPES.includes(type)) errors.notSupported(`${path}.type`, type, COLUMN_TYPES)
    if (format && !COLUMN_FORMATS.includes(format))
      errors.notSupported(`${path}.format`, format, COLUMN_FORMATS)
    checkPath(jsonPath, { field: `${path}.jsonPath`, parse: parseJsonPath }, errors)
  })
  selectableFields.slice(0, MAX_SELECTABLE_FIELDS).forEach(({ jsonPath }, index) => {
    checkPath(jsonPath, { field: `${field}.selectableFields[${index}].jsonPath`, parse: simplePath }, errors)
  })
  const scale = version.subresources?.scale
  if (!scale) return
  const path = `${field}.subresources.scale`
  checkPath(
    scale.specReplicasPath,
    { field: `${path}.specReplicasPath`, parse: simplePath, below: '.spec.' },
    errors,
  )
  checkPath(
    scale.statusReplicasPath,
    { field: `${path}.statusReplicasPath`, parse: simplePath, below: '.status.' },
    errors,
  )
  if (scale.labelSelectorPath) {
    checkPath(scale.labelSelectorPath, { field: `${path}.labelSelectorPath`, parse: simplePath }, errors)
  }
}

/** What depends on patterns is looked at once they are right. */
function validateSchemas(spec: Spec, errors: FieldErrors): void {
  const before = errors.causes.length
  const schemas = schemasOf(spec)
  validatePatterns(schemas, errors)
  if (errors.causes.length > before) return
  validateStructuralSchemas(schemas, errors)
}

/** The schemas of all versions, with their paths. */
export function schemasOf({ versions }: Spec): { schema: OpenApiSchema; field: string }[] {
  return (versions ?? []).flatMap(({ schema }, index) => {
    const field = `spec.versions[${index}].schema.openAPIV3Schema`
    return schema?.openAPIV3Schema ? [{ schema: schema.openAPIV3Schema as OpenApiSchema, field }] : []
  })
}

function checkPath(
  text: string | undefined,
  { field, parse, below = '.' }: { field: string; parse: (text: string) => unknown; below?: string },
  errors: FieldErrors,
): void {
  if (!text) {
    errors.required(field)
    return
  }
  if (!text.startsWith(below)) {
    errors.invalid(
      field,
      text,
      below === '.'
        ? 'must be a simple json path starting with .'
        : `should be a json path under ${below.slice(0, -1)}`,
    )
    return
  }
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error
    errors.invalid(field, text, `is an invalid json path: ${error.message}`)
  }
}

function validateChange(
  { spec, status }: CustomResourceDefinition,
  old: CustomResourceDefinition,
  errors: FieldErrors,
): void {
  checkImmutable(errors, 'spec.group', spec.group, old.spec.group)
  checkImmutable(errors, 'spec.scope', spec.scope, old.spec.scope)
  checkImmutable(errors, 'spec.names.kind', spec.names?.kind, old.spec.names.kind)
  checkImmutable(errors, 'spec.names.plural', spec.names?.plural, old.spec.names.plural)
  const names = new Set((spec.versions ?? []).map(({ name }) => name))
  status?.storedVersions?.forEach((version, index) => {
    if (names.has(version)) return
    errors.invalid(
      `status.storedVersions[${index}]`,
      version,
      'missing from spec.versions; objects are still stored in this version',
    )
  })
}
