import type { KubeObject } from '../../src-main/api/types.ts'
import { ApiError } from './api-error.ts'
import { goJson } from './go-json.ts'
import type { Answer, ApiClient, Query } from './client.ts'
import { mergeRules } from './merge-rules.ts'
import { collectionPath, objectPath, type Resource } from './resources.ts'
import { editMerge, mergePatch, threeWayMerge } from './three-way-merge.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** An object as it stands in a manifest. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
}

export interface Applied {
  action: 'created' | 'configured' | 'unchanged'
  /** What the API holds now, or would hold after a dry run. */
  object: KubeObject
  /** What it held before. */
  before: KubeObject | undefined
  warnings: string[]
}

export interface ApplyOptions {
  /** Let the API check and default everything without keeping it. */
  dryRun?: boolean
  /** What becomes of fields that the API does not know; default Strict: they are errors. */
  fieldValidation?: 'Strict' | 'Ignore'
  /**
   * The manifest as it was before it was edited: only the difference is made, as `kubectl edit` does, whatever was
   * applied last.
   */
  base?: Manifest | undefined
  signal?: AbortSignal
}

const ATTEMPTS = 4

/**
 * Creates or updates one object as `kubectl apply` does on the client's side, with the same annotation, so that
 * either can go on where the other left off. The update carries the resourceVersion it was computed from; when
 * someone else was faster it is computed anew.
 * Rejects with ApiError: Invalid names every offending field.
 */
export async function apply(
  client: ApiClient,
  of: Resource,
  manifest: Manifest,
  options: ApplyOptions = {},
): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnce(client, of, manifest, options)
    } catch (error) {
      const raced =
        error instanceof ApiError && (error.reason === 'Conflict' || error.reason === 'AlreadyExists')
      if (!raced || attempt >= ATTEMPTS) throw error
    }
  }
}

async function applyOnce(
  client: ApiClient,
  of: Resource,
  manifest: Manifest,
  { dryRun = false, fieldValidation = 'Strict', base, signal }: ApplyOptions,
): Promise<Applied> {
  const query: Query = {
    fieldManager: base ? 'kubectl-edit' : 'kubectl-client-side-apply',
    fieldValidation,
    dryRun: dryRun ? 'All' : undefined,
  }
  const target = { name: manifest.metadata.name, namespace: manifest.metadata.namespace }
  const modified = withLastApplied(manifest)
  const before = await getOrUndefined(client, objectPath(of, target), signal)
  if (!before) {
    const path = collectionPath(of, target.namespace)
    const answer: Answer<KubeObject> = await client.send('POST', path, {
      query,
      body: modified,
      ...(signal && { signal }),
    })
    return { action: 'created', object: answer.body, before: undefined, warnings: answer.warnings }
  }
  const patch = base ? editPatch(before, base, manifest) : updatePatch(before, modified)
  if (!patch) return { action: 'unchanged', object: before, before, warnings: [] }
  const answer: Answer<KubeObject> = await client.send('PATCH', objectPath(of, target), {
    query,
    body: patch,
    contentType: 'application/merge-patch+json',
    ...(signal && { signal }),
  })
  return { action: 'configured', object: answer.body, before, warnings: answer.warnings }
}

/**
 * What the API says of an object whose namespace is still to be made: as a dry run of creating it in `default`.
 * Rejects with ApiError.
 */
export async function checkBeforeNamespace(
  client: ApiClient,
  of: Resource,
  manifest: Manifest,
): Promise<Applied> {
  const { namespace, ...metadata } = manifest.metadata
  const query: Query = { fieldValidation: 'Strict', dryRun: 'All' }
  const path = collectionPath(of, 'default')
  try {
    const { body, warnings } = await client.send<KubeObject>('POST', path, {
      query,
      body: { ...manifest, metadata },
    })
    const object = { ...body, metadata: { ...body.metadata, ...(namespace && { namespace }) } }
    return { action: 'created', object, before: undefined, warnings }
  } catch (error) {
    // its form was right, and `default` happens to have one of that name
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    return { action: 'created', object: manifest as KubeObject, before: undefined, warnings: [] }
  }
}

/** The merge patch that brings `live` to what the manifest says, or undefined when it is there already. */
export function updatePatch(live: KubeObject, modified: Manifest): Record<string, unknown> | undefined {
  const rules = mergeRules(modified.apiVersion, modified.kind)
  return patchTo(live, threeWayMerge(lastApplied(live), modified, live, rules))
}

/** The merge patch that does to `live` what was edited, or undefined when nothing is left to do. */
function editPatch(live: KubeObject, base: Manifest, edited: Manifest): Record<string, unknown> | undefined {
  return patchTo(live, editMerge(base, edited, live, mergeRules(edited.apiVersion, edited.kind)))
}

function patchTo(live: KubeObject, merged: unknown): Record<string, unknown> | undefined {
  const patch = mergePatch(live as unknown as Record<string, unknown>, merged as Record<string, unknown>)
  if (!patch) return undefined
  // computed from this version: a newer one has to be looked at first
  const { resourceVersion } = live.metadata
  return { ...patch, metadata: { ...(patch['metadata'] as object | undefined), resourceVersion } }
}

/** The manifest with itself, as JSON, in kubectl's annotation. */
export function withLastApplied(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations }
  delete annotations[LAST_APPLIED]
  const bare = { ...manifest, metadata: { ...manifest.metadata, annotations } }
  return {
    ...bare,
    metadata: {
      ...bare.metadata,
      annotations: { ...annotations, [LAST_APPLIED]: goJson(bare) },
    },
  }
}

function lastApplied(live: KubeObject): unknown {
  try {
    return JSON.parse(live.metadata.annotations?.[LAST_APPLIED] ?? 'null') ?? {}
  } catch {
    // someone wrote something else there: nothing is known to be removed, as with kubectl
    return {}
  }
}

async function getOrUndefined(
  client: ApiClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<KubeObject | undefined> {
  try {
    return await client.get<KubeObject>(path, signal ? { signal } : {})
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined
    throw error
  }
}
