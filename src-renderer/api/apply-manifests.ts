import { toApiError, type ApiError } from './api-error.ts'
import { apply, type Applied, type Manifest } from './apply.ts'
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
  for (const document of documents) results.push(await applyDocument(document, options))
  return results
}

async function applyDocument(
  document: ManifestDocument,
  { client, discover, dryRun }: ApplyManifestsOptions,
): Promise<DocumentResult> {
  const { index, manifest } = document
  if (!manifest) return { index, title: `Document ${index + 1}`, problems: document.problems }
  const title = `${manifest.kind} ${[manifest.metadata.namespace, manifest.metadata.name].filter(Boolean).join('/')}`
  try {
    const of = await discover(manifest.apiVersion, manifest.kind)
    const applied = await apply(client, of, withNamespace(manifest, of), { dryRun })
    const problems = applied.warnings.map(message => warningAt(document, message))
    return { index, title, applied, problems }
  } catch (thrown) {
    const error = toApiError(thrown)
    return { index, title, error, problems: problemsOf(document, error) }
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
  const named = causes.length > 0 ? causes : fieldsInMessage(error.message)
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
