import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { StatusCause } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { Kind } from '../kinds/kind.ts'
import {
  type JsonSchema,
  reachableDefinitions,
  resolveSchema,
  schemaDefinitions,
  schemaOf,
} from '../schema.ts'
import type { KubeObject } from '../types.ts'
import { FieldErrors } from './field-errors.ts'
import { customFormats, formats, goRegExp } from './formats.ts'
import { inPieces } from './pieces.ts'

export interface Structure {
  /** Paths of fields that the kind does not have, such as `spec.replicass`. */
  unknown: string[]
  /** Missing, mistyped and unsupported values; the first thousand. */
  causes: StatusCause[]
  /** Removes the unknown fields from the object, in place. */
  dropUnknown(): void
}

/** More would only make the reply long. */
const MAX_CAUSES = 1000

const compiled = new WeakMap<Kind, ValidateFunction>()
const OPTIONS = { allErrors: true, verbose: true, strict: false, validateSchema: false }

/**
 * Checks an object against its kind's schema and finds every error at once. First drops what is null, in place:
 * null means absent in Kubernetes.
 */
export function validateStructure(kind: Kind, object: KubeObject): Structure {
  dropNulls(kind.custom ? object.metadata : object)
  const validate = validatorOf(kind)
  if (validate(object)) return { unknown: [], causes: [], dropUnknown: () => {} }
  const unknown = new Set<string>()
  const places: string[][] = []
  const errors = new FieldErrors()
  for (const error of validate.errors ?? []) {
    if (error.keyword === 'additionalProperties') {
      const segments = [...segmentsOf(error), String(error.params.additionalProperty)]
      unknown.add(fieldPath(schemaOf(kind), segments))
      places.push(segments)
    } else if (errors.causes.length < MAX_CAUSES) report(error, kind, errors)
  }
  return {
    unknown: [...unknown],
    causes: errors.causes,
    dropUnknown: () => {
      for (const place of places) remove(object, place)
    },
  }
}

function segmentsOf({ instancePath }: ErrorObject): string[] {
  return instancePath.split('/').slice(1).map(unescapePointer)
}

function remove(object: object, segments: readonly string[]): void {
  const parent = segments
    .slice(0, -1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object)
  const name = segments.at(-1)
  if (isJsonObject(parent) && name !== undefined) delete parent[name]
}

/** Removes null members of objects and null elements of arrays, in place. */
export function dropNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value) && value.includes(null)) {
    let kept = 0
    for (const item of value as unknown[]) if (item !== null) value[kept++] = item
    value.length = kept
  }
  if (Array.isArray(value)) {
    value.forEach(dropNulls)
    return
  }
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    const member = object[key]
    if (member === null || member === undefined) delete object[key]
    else if (typeof member === 'object') dropNulls(member)
  }
}

const SHARED = 'coxswain'
let shared: Ajv | undefined

/** What the API's own kinds have in common (a pod's spec is in ten of them) is compiled once for all of them. */
function sharedAjv(): Ajv {
  shared ??= new Ajv({ ...OPTIONS, formats }).addSchema({ $id: SHARED, definitions: schemaDefinitions() })
  return shared
}

const referenceTo = (definition: string) => `${SHARED}#/definitions/${definition}`

/** Compiled at first use: that takes up to some 50 ms, a check some microseconds. */
function validatorOf(kind: Kind): ValidateFunction {
  const known = compiled.get(kind)
  if (known) return known
  const validate =
    typeof kind.schema === 'string'
      ? sharedAjv().getSchema(referenceTo(kind.schema))
      : ownCompiler(kind).ajv.getSchema(ownPiece(ROOT))
  if (!validate) throw new Error(`there is no schema ${String(kind.schema)}`)
  compiled.set(kind, validate)
  return validate
}

/** The compilers of kinds with a schema of their own, with what they refer to. They are gone with their kind. */
const own = new WeakMap<Kind, { ajv: Ajv; pieces: string[] }>()
const OWN = 'own'
/** The whole is a definition too: ajv compiles what stands outside of them, with all that it refers to, before any piece. */
const ROOT = 'root'
const ownPiece = (name: string) => `${OWN}#/definitions/${name}`

function ownCompiler(kind: Kind): { ajv: Ajv; pieces: string[] } {
  const known = own.get(kind)
  if (known) return known
  const schema = schemaOf(kind)
  const { root, definitions } = inPieces(schema)
  const all = { ...reachableDefinitions(schema), ...definitions }
  const ajv = new Ajv({
    ...OPTIONS,
    inlineRefs: false,
    ...(kind.custom
      ? { formats: customFormats, logger: false, unicodeRegExp: false, code: { regExp: goRegExp } }
      : { formats }),
  }).addSchema({ $id: OWN, definitions: { ...all, [ROOT]: root } })
  const made = { ajv, pieces: Object.keys(all).map(ownPiece) }
  own.set(kind, made)
  return made
}

/** Compiles what checking objects of the kind takes, one definition at a time, those first that others consist of. */
export function* prepareStructure(kind: Kind): Generator<void> {
  if (typeof kind.schema === 'string') {
    for (const name of Object.keys(reachableDefinitions(schemaOf(kind))).reverse()) {
      sharedAjv().getSchema(referenceTo(name))
      yield
    }
  } else {
    const { ajv, pieces } = ownCompiler(kind)
    for (const piece of pieces) {
      ajv.getSchema(piece)
      yield
    }
  }
  validatorOf(kind)
}

function report(error: ErrorObject, kind: Kind, errors: FieldErrors): void {
  const root = schemaOf(kind)
  const segments = segmentsOf(error)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'required':
      // The decoder asks for nothing; what a status needs is between those who write and read it
      if (segments[0] === 'status' && !kind.custom) return
      errors.required(fieldPath(root, [...segments, String(params.missingProperty)]))
      return
    case 'enum':
      // In Go the empty string is the absent value
      if (error.data === '' && !kind.custom) return
      errors.notSupported(fieldPath(root, segments), error.data, allowed(params))
      return
    case 'type':
    case 'format':
      reportType(error, fieldPath(root, segments), errors)
      return
    default:
      reportRule(error, fieldPath(root, segments), errors)
  }
}

function reportType({ data, keyword, parentSchema }: ErrorObject, field: string, errors: FieldErrors): void {
  const { type, format } = (parentSchema ?? {}) as JsonSchema
  if (keyword === 'format' && format === 'byte') errors.invalid(field, data, 'illegal base64 data')
  else if (keyword === 'format' && format === 'quantity') {
    errors.invalid(
      field,
      data,
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  } else {
    errors.typeInvalid(field, data, `must be of type ${format ?? String(type)}, but is ${typeName(data)}`)
  }
}

/** What only schemas of CustomResourceDefinitions have. Wording: k8s.io/kube-openapi pkg/validation/errors. */
function reportRule(
  { keyword, params, data, message }: ErrorObject,
  field: string,
  errors: FieldErrors,
): void {
  const { limit, pattern, multipleOf } = params as { limit?: number; pattern?: string; multipleOf?: number }
  const sentences: Record<string, string> = {
    pattern: `should match '${pattern ?? ''}'`,
    minimum: `should be greater than or equal to ${limit}`,
    maximum: `should be less than or equal to ${limit}`,
    exclusiveMinimum: `should be greater than ${limit}`,
    exclusiveMaximum: `should be less than ${limit}`,
    multipleOf: `should be a multiple of ${multipleOf}`,
    minLength: `should be at least ${limit} chars long`,
    maxLength: `may not be more than ${limit} chars long`,
    minItems: `should have at least ${limit} items`,
    minProperties: `should have at least ${limit} properties`,
    maxProperties: `should have at most ${limit} properties`,
    anyOf: 'must validate at least one schema (anyOf)',
    oneOf: 'must validate one and only one schema (oneOf)',
    not: 'must not validate the schema (not)',
  }
  if (keyword === 'maxItems' && Array.isArray(data)) errors.tooMany(field, data.length, limit ?? 0)
  else errors.invalid(field, data, `${field} in body ${sentences[keyword] ?? message ?? `fails ${keyword}`}`)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** `/` and `~` are escaped in JSON pointers. */
function unescapePointer(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Kubernetes' way to write a path: `spec.containers[0].resources.limits[cpu]`. */
function fieldPath(root: JsonSchema, segments: readonly string[]): string {
  let schema = root
  let path = ''
  for (const segment of segments) {
    const property = schema.properties?.[segment]
    const isElement = schema.items !== undefined || typeof schema.additionalProperties === 'object'
    if (property || !isElement) path += path ? `.${segment}` : segment
    else path += `[${segment}]`
    schema = resolveSchema(property ?? schema.items ?? valueSchema(schema))
  }
  return path
}

function valueSchema({ additionalProperties }: JsonSchema): JsonSchema {
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}

/** Where a default may take the place of null, null is let in, but is nothing to choose. */
function allowed({ allowedValues }: Record<string, unknown>): string[] {
  return (allowedValues as (string | null)[]).filter(value => value !== null)
}
