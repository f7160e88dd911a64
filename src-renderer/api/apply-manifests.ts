import type { CustomResourceDefinition, KubeObject } from '../../src-main/api/types.ts'
import { ApiError, toApiError, type StatusCause } from './api-error.ts'
import { apply, checkBeforeNamespace, type Applied, type ApplyOptions, type Manifest } from './apply.ts'
import type { ApiClient } from './client.ts'
import type { ManifestDocument, Problem } from './documents.ts'
import { fieldsInMessage } from './field-path.ts'
import type { Resource } from './resources.ts'

export interface DocumentResult {
  index: number
  /** `Deployment shop/web`. */
  title: string
  applied?: Applied
  error?: ApiError
  problems: Problem[]
}

export interface ApplyManifestsOptions {
  client: ApiClient
  discover: (apiVersion: string, kind: string) => Promise<Resource>
  dryRun: boolean
  /** The documents as they were before they were edited: those of them are edited, others applied. */
  base?: readonly ManifestDocument[]
}

/**
 * Applies documents in their order; one that fails does not keep the others from being tried, so that all errors show
 * at once.
 */
export async function applyManifests(
  documents: readonly ManifestDocument[],
  options: ApplyManifestsOptions,
): Promise<DocumentResult[]> {
  const results: DocumentResult[] = []
  for (const document of documents) results.push(await applyDocument(document, options, documents))
  return results
}

async function applyDocument(
  document: ManifestDocument,
  { client, discover, dryRun, base = [] }: ApplyManifestsOptions,
  all: readonly ManifestDocument[],
): Promise<DocumentResult> {
  const { index, manifest } = document
  if (!manifest) return { index, title: `Document ${index + 1}`, problems: document.problems }
  const title = `${manifest.kind} ${[manifest.metadata.namespace, manifest.metadata.name].filter(Boolean).join('/')}`
  try {
    const of = await discover(manifest.apiVersion, manifest.kind).catch((error: unknown) => {
      if (dryRun && definesKind(all.slice(0, index), manifest)) return undefined
      throw error
    })
    // only its definition could check it, which is not there yet
    if (!of) return { index, title, applied: created(manifest), problems: [] }
    const object = withNamespace(manifest, of)
    const before = base.flatMap(({ manifest: opened }) => (opened ? [withNamespace(opened, of)] : []))
    const options = { base: before.find(opened => isSame(opened, object)) }
    const applied = dryRun
      ? await check({ client, of, object, options }, all)
      : await apply(client, of, object, options)
    const problems = applied.warnings.map(message => warningAt(document, message))
    return { index, title, applied, problems }
  } catch (thrown) {
    const error = toApiError(thrown)
    return { index, title, error, problems: problemsOf(document, error) }
  }
}

interface Application {
  client: ApiClient
  of: Resource
  object: Manifest
  options: ApplyOptions
}

/** A dry run of applying one of several documents. Rejects with ApiError, which names all fields that are wrong. */
async function check(
  { client, of, object, options }: Application,
  all: readonly ManifestDocument[],
): Promise<Applied> {
  try {
    return await apply(client, of, object, { ...options, dryRun: true })
  } catch (thrown) {
    const error = toApiError(thrown)
    if (error.code === 404 && makesNamespace(all, object.metadata.namespace)) {
      return checkBeforeNamespace(client, of, object)
    }
    if (fieldsInMessage(error.message).length === 0) throw error
    // the API looks at values only once it knows all fields: what it says of them comes along
    const causes = await causesWithoutUnknown(() =>
      apply(client, of, object, { ...options, dryRun: true, fieldValidation: 'Ignore' }),
    )
    const { code, reason, message } = error
    throw new ApiError({ code, reason, message, details: { causes } }, { cause: thrown })
  }
}

function isSame(a: Manifest, b: Manifest): boolean {
  return (
    a.apiVersion === b.apiVersion &&
    a.kind === b.kind &&
    a.metadata.name === b.metadata.name &&
    a.metadata.namespace === b.metadata.namespace
  )
}

function makesNamespace(documents: readonly ManifestDocument[], name: string | undefined): boolean {
  return documents.some(({ manifest }) => manifest?.kind === 'Namespace' && manifest.metadata.name === name)
}

/** Whether a manifest's kind comes with one of these documents, as a CustomResourceDefinition. */
function definesKind(documents: readonly ManifestDocument[], { apiVersion, kind }: Manifest): boolean {
  return documents.some(({ manifest }) => {
    if (manifest?.kind !== 'CustomResourceDefinition') return false
    const { spec } = manifest as Manifest & { spec?: Partial<CustomResourceDefinition['spec']> }
    const versions = Array.isArray(spec?.versions) ? spec.versions : []
    return spec?.names?.kind === kind && versions.some(({ name }) => `${spec.group}/${name}` === apiVersion)
  })
}

function created(manifest: Manifest): Applied {
  return { action: 'created', object: manifest as KubeObject, before: undefined, warnings: [] }
}

async function causesWithoutUnknown(applyLeniently: () => Promise<unknown>): Promise<StatusCause[]> {
  try {
    await applyLeniently()
    return []
  } catch (error) {
    return [...toApiError(error).causes]
  }
}

function withNamespace(manifest: Manifest, of: Resource): Manifest {
  if (!of.namespaced || manifest.metadata.namespace) return manifest
  return { ...manifest, metadata: { ...manifest.metadata, namespace: 'default' } }
}

/** Each field that the API refused, at its place; one that names no field stands at the head of its document. */
export function problemsOf(document: ManifestDocument, error: ApiError): Problem[] {
  const causes = error.causes
    .filter(cause => cause.field)
    .map(cause => ({ field: cause.field ?? '', message: cause.message ?? error.message }))
  const named = [...fieldsInMessage(error.message), ...causes]
  if (named.length === 0) {
    return [{ place: document.placeOf(''), message: error.message, severity: 'error' }]
  }
  return named.map(({ field, message }) => ({
    place: document.placeOf(field),
    message: message.includes(field) ? message : `${field}: ${message}`,
    severity: 'error',
    field,
  }))
}

/** Warnings begin with the field they are about, where they are about one. */
function warningAt(document: ManifestDocument, message: string): Problem {
  const field =
    /^([A-Za-z][\w.[\]/-]*[\w\]])(?::|\s)/.exec(message)?.[1] ?? fieldsInMessage(message)[0]?.field ?? ''
  return { place: document.placeOf(field.includes('.') ? field : ''), message, severity: 'warning' }
}
