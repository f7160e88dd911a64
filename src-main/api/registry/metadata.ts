import { badRequest, conflict } from '../../lib/errors.ts'
import { apiVersionOf, type Kind } from '../kinds/kind.ts'
import type { ObjectMeta } from '../types.ts'
import { checkText } from '../validation/field-checks.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { validateAnnotations, validateLabels } from '../validation/metadata.ts'
import { dnsLabel, dnsSubdomain, qualifiedName, type TextRule } from '../validation/text-rules.ts'
import type { Draft } from './request.ts'

/** Fills in what every object of the kind carries, and refuses what speaks of another kind. */
export function setTypeMeta(kind: Kind, draft: Draft): void {
  const apiVersion = apiVersionOf(kind)
  if ((draft.apiVersion && draft.apiVersion !== apiVersion) || (draft.kind && draft.kind !== kind.kind)) {
    throw badRequest(
      `the API version and kind in the data (${draft.apiVersion ?? ''}, Kind=${draft.kind ?? ''}) do not match the expected ones (${apiVersion}, Kind=${kind.kind})`,
    )
  }
  draft.apiVersion = apiVersion
  draft.kind = kind.kind
}

// prettier-ignore
const OWNED = [
  'name', 'namespace', 'generateName', 'uid', 'resourceVersion', 'generation',
  'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[]

function setOwned<Key extends keyof ObjectMeta>(
  metadata: ObjectMeta,
  key: Key,
  value: ObjectMeta[Key],
): void {
  metadata[key] = value
}

/** What the server alone writes keeps its stored value; what belongs to the caller stays as given. */
export function carryMetadata(kind: Kind, draft: Draft, old: Draft): void {
  const { metadata } = draft
  const was = old.metadata
  if (metadata.uid && metadata.uid !== was.uid) {
    throw conflict(
      { group: kind.group, resource: kind.plural },
      was.name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${was.uid}`,
    )
  }
  for (const key of OWNED) {
    if (was[key] === undefined) delete metadata[key]
    else setOwned(metadata, key, was[key])
  }
  delete (metadata as { selfLink?: string }).selfLink
}

/** Everything about metadata that Kubernetes checks (apimachinery pkg/api/validation/objectmeta.go). */
export function validateMetadata(kind: Kind, object: Draft, errors: FieldErrors, old?: Draft): void {
  const { metadata } = object
  if (!old) validateName(kind, metadata, errors)
  validateLabels(metadata.labels, 'metadata.labels', errors)
  validateAnnotations(metadata.annotations, 'metadata.annotations', errors)
  validateOwners(metadata, errors)
  validateFinalizers(kind, metadata, errors, old?.metadata)
}

/** For names that only have to fit into a path. */
const pathSegment: TextRule = text => {
  if (text === '.' || text === '..') return `may not be '${text}'`
  return /[/%]/.test(text) ? "may not contain '/' or '%'" : undefined
}

const NAME_RULES: Record<NonNullable<Kind['nameRule']>, TextRule> = {
  'dns-subdomain': dnsSubdomain,
  'dns-label': dnsLabel,
  'path-segment': pathSegment,
}

function validateName({ nameRule = 'dns-subdomain' }: Kind, { name }: ObjectMeta, errors: FieldErrors): void {
  if (name) checkText(errors, 'metadata.name', name, NAME_RULES[nameRule])
  else errors.required('metadata.name', 'name or generateName is required')
}

function validateOwners({ ownerReferences }: ObjectMeta, errors: FieldErrors): void {
  ownerReferences?.forEach((owner, index) => {
    for (const key of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[key]) errors.invalid(`metadata.ownerReferences[${index}].${key}`, '', 'must not be empty')
    }
  })
  const controllers = ownerReferences?.filter(owner => owner.controller) ?? []
  if (controllers.length > 1) {
    const names = controllers.map(owner => `${owner.kind}/${owner.name}`).join(' and ')
    errors.invalid(
      'metadata.ownerReferences',
      ownerReferences,
      `Only one reference can have Controller set to true. Found "true" in references for ${names}`,
    )
  }
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Custom kinds and their definitions are held to the rules of the API machinery alone. */
function hasKubernetesRules({ custom, group }: Kind): boolean {
  return !custom && group !== 'apiextensions.k8s.io'
}

/** Source: kubernetes pkg/apis/core/validation, validateKubeFinalizerName. */
const ownKindsFinalizer: TextRule = text =>
  text.includes('/') || STANDARD_FINALIZERS.includes(text)
    ? undefined
    : 'name is neither a standard finalizer name nor is it fully qualified'

function validateFinalizers(
  kind: Kind,
  { finalizers }: ObjectMeta,
  errors: FieldErrors,
  old?: ObjectMeta,
): void {
  finalizers?.forEach((finalizer, index) => {
    const wrong = qualifiedName(finalizer)
    if (wrong) errors.invalid('metadata.finalizers', finalizer, wrong)
    else if (hasKubernetesRules(kind))
      checkText(errors, `metadata.finalizers[${index}]`, finalizer, ownKindsFinalizer)
  })
  if (!old?.deletionTimestamp) return
  const before = new Set(old.finalizers)
  const added = finalizers?.filter(finalizer => !before.has(finalizer)) ?? []
  if (added.length > 0) {
    errors.forbidden(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    )
  }
}
