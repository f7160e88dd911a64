import { badRequest } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { DeleteOptions } from '../client.ts'
import type { FieldValidation, RequestOptions } from '../registry/request.ts'

/**
 * The options of a write in its query.
 * @throws StatusError BadRequest for values that do not exist
 */
export function writeOptions(query: URLSearchParams): RequestOptions {
  return {
    dryRun: isDryRun(query.getAll('dryRun')),
    fieldManager: fieldManager(query.get('fieldManager')),
    fieldValidation: fieldValidation(query.get('fieldValidation')),
  }
}

/** Source: apimachinery pkg/apis/meta/v1/validation, ValidateFieldManager. */
function fieldManager(value: string | null): string | undefined {
  if (!value) return undefined
  if (value.length > 128) throw badRequest('fieldManager: Too long: may not be more than 128 bytes')
  if (/[\p{C}]/u.test(value)) {
    throw badRequest(
      `fieldManager: Invalid value: ${JSON.stringify(value)}: should only contain printable characters`,
    )
  }
  return value
}

function isDryRun(values: readonly unknown[]): boolean {
  const wrong = values.find(value => value !== 'All' && value !== '')
  if (wrong !== undefined)
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`)
  return values.includes('All')
}

function fieldValidation(value: string | null): FieldValidation {
  if (!value) return 'Warn'
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  )
}

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const

/**
 * A deletion's options: from its body (`DeleteOptions`), or where that says nothing from the query.
 * @throws StatusError BadRequest
 */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions & { dryRun: boolean } {
  if (body !== undefined && body !== null && !isJsonObject(body))
    throw badRequest('DeleteOptions must be an object')
  const given = body ?? {}
  const dryRun = Array.isArray(given.dryRun) ? (given.dryRun as unknown[]) : query.getAll('dryRun')
  return {
    gracePeriodSeconds: gracePeriod(given.gracePeriodSeconds ?? query.get('gracePeriodSeconds') ?? undefined),
    propagationPolicy: propagation(given, query),
    preconditions: preconditions(given.preconditions),
    dryRun: isDryRun(dryRun),
  }
}

function gracePeriod(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined
  const seconds = typeof value === 'string' ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 1e9) {
    throw badRequest(
      `gracePeriodSeconds: Invalid value: ${JSON.stringify(value)}: must be a whole number of seconds`,
    )
  }
  return seconds
}

function propagation(
  given: Record<string, unknown>,
  query: URLSearchParams,
): DeleteOptions['propagationPolicy'] {
  const value = given.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  if (value !== undefined && value !== '') {
    const policy = POLICIES.find(known => known === value)
    if (policy) return policy
    const supported = POLICIES.map(known => `"${known}"`).join(', ')
    throw badRequest(
      `propagationPolicy: Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
    )
  }
  // The older form of the same wish, which some clients still send.
  const orphan = given.orphanDependents ?? query.get('orphanDependents') ?? undefined
  if (orphan === undefined) return undefined
  return orphan === true || orphan === 'true' ? 'Orphan' : 'Background'
}

function preconditions(value: unknown): DeleteOptions['preconditions'] {
  if (value === undefined || value === null) return undefined
  if (!isJsonObject(value)) throw badRequest('preconditions must be an object')
  const { uid, resourceVersion } = value
  const isText = (item: unknown) => item === undefined || item === null || typeof item === 'string'
  if (!isText(uid) || !isText(resourceVersion))
    throw badRequest('preconditions: uid and resourceVersion must be strings')
  return {
    uid: (uid ?? undefined) as string | undefined,
    resourceVersion: (resourceVersion ?? undefined) as string | undefined,
  }
}
