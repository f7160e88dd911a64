import { badRequest, invalid, type StatusCause } from '../../lib/errors.ts'
import { shortened } from '../../lib/json-text.ts'
import type { Kind } from '../kinds/kind.ts'
import { schemaOf } from '../schema.ts'
import type { KubeObject } from '../types.ts'
import { inCanonicalForm } from '../validation/canonical-form.ts'
import { FieldErrors, MAX_FIELD } from '../validation/field-errors.ts'
import { type Structure, validateStructure } from '../validation/structural.ts'
import { validateMetadata } from './metadata.ts'
import type { Draft, RequestOptions } from './request.ts'
import { RULES_NOT_CHECKED } from './rules.ts'

/** The steps between the structural check and the semantic one: carry over, default, prepare. */
type Prepare = (draft: Draft) => void

/**
 * Checks, defaults and validates a draft in place. Every unknown field is named at once, and every invalid one.
 * @param kept members that the draft has from `old` as they are, frozen: their structure was checked when they came
 * @throws StatusError BadRequest for unknown fields under `Strict`; Invalid with each offending field path
 */
export function admit(
  kind: Kind,
  draft: Draft,
  {
    old,
    kept = [],
    ignoreStatus,
    prepare,
    options,
  }: StructureContext & { old?: Draft; kept?: readonly string[]; prepare: Prepare },
): void {
  const structure =
    kept.length > 0
      ? checkAround(kept, kind, draft, options)
      : checkStructure(kind, draft, { options, old, ignoreStatus })
  canonicalize(kind, draft, kept)
  const causes = [...structure, ...semanticCauses(kind, draft, { old, prepare, structure })]
  if (causes.length > 0) {
    const name = draft.metadata.name || draft.metadata.generateName || ''
    const told = kind.custom && kind.rules ? [...causes, RULES_NOT_CHECKED] : causes
    throw invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, name, unique(told))
  }
}

/** Tells the caller which fields of an admitted draft have no effect yet. */
export function warnOfNotHonoured(kind: Kind, draft: Draft, { warn }: RequestOptions): void {
  if (!warn) return
  for (const { field, why } of kind.notHonoured?.(draft) ?? []) warn(`${field}: ${why}`)
}

/** What the structural step goes by beside the draft itself. */
export interface StructureContext {
  options: RequestOptions
  /** The object as it was. */
  old?: KubeObject
  /** The draft's status is not taken. */
  ignoreStatus?: boolean
}

/**
 * The structural step alone: unknown fields are refused, or told and dropped, as the options say.
 * @returns what is missing or has the wrong form
 * @throws StatusError BadRequest for unknown fields under `Strict`
 */
export function checkStructure(
  kind: Kind,
  draft: Draft,
  { options, old, ignoreStatus }: StructureContext,
): StatusCause[] {
  ensureSpec(kind, draft)
  // a custom kind's schema may have changed since the object was stored
  const structure = validateStructure(kind, draft, kind.custom && old)
  handleUnknownFields(kind, structure, options)
  // what was written in another version of a custom kind is held to that version's schema alone
  if (kind.custom && options.version) return []
  return ignoreStatus ? structure.causes.filter(cause => !isOfStatus(cause)) : structure.causes
}

/** Whether a custom kind's status is written apart: what a write of the object itself says about it is not taken. */
export function hasStatusApart({ custom, subresources }: Pick<Kind, 'custom' | 'subresources'>): boolean {
  return custom === true && subresources.includes('status')
}

function isOfStatus({ field = '' }: StatusCause): boolean {
  return field === 'status' || field.startsWith('status.') || field.startsWith('status[')
}

/** The structural step for everything but the `kept` members. */
function checkAround(
  kept: readonly string[],
  kind: Kind,
  draft: Draft,
  options: RequestOptions,
): StatusCause[] {
  const rest = Object.fromEntries(Object.entries(draft).filter(([name]) => !kept.includes(name)))
  const structure = validateStructure(kind, rest as unknown as Draft)
  handleUnknownFields(kind, structure, options)
  const isKept = ({ reason, field = '' }: StatusCause) =>
    reason === 'FieldValueRequired' && kept.includes(field)
  return structure.causes.filter(cause => !isKept(cause))
}

/** What the draft has from before is as it was: its form is that in which it was stored. */
function canonicalize(kind: Kind, draft: Draft, kept: readonly string[]): void {
  if (kept.length === 0) {
    const canonical = inCanonicalForm(kind, draft)
    if (canonical !== draft) Object.assign(draft, canonical)
    return
  }
  const given = Object.entries(draft).filter(([name]) => !kept.includes(name))
  Object.assign(draft, inCanonicalForm(kind, Object.fromEntries(given)))
}

/** In Kubernetes' types a spec is never absent, only empty. */
function ensureSpec(kind: Kind, draft: Draft): void {
  if (draft.spec == null && !kind.custom && schemaOf(kind).properties?.spec) draft.spec = {}
}

/** Refuses the unknown fields, or tells them and drops them. @throws StatusError BadRequest under `Strict` */
export function handleUnknownFields(
  kind: Kind,
  { unknown, dropUnknown }: Structure,
  { fieldValidation = 'Strict', warn }: RequestOptions,
): void {
  if (unknown.length === 0) return
  const sentences = unknown.map(path => `unknown field "${shortened(path, MAX_FIELD)}"`)
  if (fieldValidation === 'Strict') throw strictDecodingError(kind, sentences)
  if (fieldValidation === 'Warn') for (const sentence of sentences) warn?.(sentence)
  dropUnknown()
}

/** Kubernetes' sentence for fields that are unknown or given twice; kubectl shows it as it is. */
export function strictDecodingError(kind: Kind, sentences: string[]): Error {
  return badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${sentences.join(', ')}`,
  )
}

/**
 * On a draft whose structure or metadata is broken, defaults and validation may trip over what is missing: what they find
 * before that is still worth reporting, and the structural causes stand in any case.
 */
function semanticCauses(
  kind: Kind,
  draft: Draft,
  context: { old?: Draft; prepare: Prepare; structure: StatusCause[] },
): StatusCause[] {
  const errors = new FieldErrors()
  try {
    context.prepare(draft)
    validateMetadata(kind, draft, errors, context.old)
    kind.validate?.(draft, errors, context.old)
  } catch (error) {
    const broken = context.structure.length + errors.causes.length > 0
    if (!broken || !(error instanceof TypeError)) throw error
  }
  return errors.causes
}

/** The structural and the semantic check may name the same missing field: once is enough. */
function unique(causes: StatusCause[]): StatusCause[] {
  const seen = new Set<string>()
  return causes.filter(({ field, reason }) => {
    const key = `${reason} ${field ?? ''}`
    const isNew = !seen.has(key) || reason === 'FieldValueInvalid'
    seen.add(key)
    return isNew
  })
}
