import { readdirSync, readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import type { StatusCause } from '../../../../src-main/lib/errors.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { apiVersionOf, type Kind, type Lookup } from '../../../../src-main/api/kinds/kind.ts'
import { schemaOf } from '../../../../src-main/api/schema.ts'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import { inCanonicalForm } from '../../../../src-main/api/validation/canonical-form.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'
import { validateStructure } from '../../../../src-main/api/validation/structural.ts'

export type Manifest = KubeObject & { spec?: unknown; status?: unknown }

export function kindOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Kind {
  const found = kinds.find(candidate => candidate.kind === kind && apiVersionOf(candidate) === apiVersion)
  if (!found) throw new Error(`no kind ${kind} of ${apiVersion}`)
  return found
}

export function parseManifests(text: string): Manifest[] {
  // kubectl reads YAML 1.1, where 0644 is octal
  return parseAllDocuments(text, { version: '1.1' }).map(document => document.toJS() as Manifest)
}

/** One manifest, given as YAML. */
export function manifest(text: string): Manifest {
  const [first] = parseManifests(text)
  if (!first) throw new Error('no manifest in the text')
  return first
}

export function allManifests(): { file: string; object: Manifest }[] {
  const folder = new URL('manifests/', import.meta.url)
  return readdirSync(folder).flatMap(file =>
    parseManifests(readFileSync(new URL(file, folder), 'utf8')).map(object => ({ file, object })),
  )
}

export interface Checked {
  unknown: string[]
  causes: StatusCause[]
  object: Manifest
}

/** An API without any object. */
export const nothing: Lookup = { get: () => undefined, list: () => [], writing: () => [] }

/** The way of an object into the API: structure, canonical form, defaults, preparation, validation. */
export function check(input: Manifest, old?: Manifest): Checked {
  const object = structuredClone(input)
  const kind = kindOf(object)
  // as the registry does: in Kubernetes' types a spec is never absent, only empty
  if (object.spec == null && schemaOf(kind).properties?.spec) object.spec = {}
  const { unknown, causes } = validateStructure(kind, object)
  // What has the wrong type cannot be looked at any further
  if (causes.some(({ reason }) => reason === 'FieldValueTypeInvalid')) return { unknown, causes, object }
  Object.assign(object, inCanonicalForm(kind, object))
  const errors = new FieldErrors()
  kind.defaults?.(object)
  if (old) kind.prepareForUpdate?.(object, old, nothing)
  else kind.prepareForCreate?.(object, nothing)
  kind.validate?.(object, errors, old)
  return { unknown, causes: [...causes, ...errors.causes], object }
}
