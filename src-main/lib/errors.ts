/**
 * The one place where a failure becomes a Kubernetes `Status`: every error that a client may see is a
 * `StatusError`, built by one of the functions below, and survives the wire unchanged.
 */

/** Kubernetes' `metav1.StatusReason` values that Coxswain uses, with their HTTP codes. */
const codes = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  BadRequest: 400,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const

export type StatusReason = keyof typeof codes

/** One offending field: `reason` is a Kubernetes cause type such as `FieldValueInvalid`. */
export interface StatusCause {
  reason: string
  message: string
  /** Path such as `spec.template.spec.containers[0].image`. */
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  /** The plural resource name, e.g. `deployments`. */
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** The wire form of a failure (`kind: Status`). */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: StatusReason
  details?: StatusDetails
  code: number
}

/** A failure with a Kubernetes reason; `code` is its HTTP status. */
export class StatusError extends Error {
  readonly reason: StatusReason
  readonly code: number
  readonly details: StatusDetails | undefined
  /** Where a list that cannot be continued may be taken up again. */
  readonly continueWith: string | undefined

  constructor(
    reason: StatusReason,
    message: string,
    options: { details?: StatusDetails; continueWith?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StatusError'
    this.reason = reason
    this.code = codes[reason]
    this.details = options.details
    this.continueWith = options.continueWith
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueWith ? { continue: this.continueWith } : {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

/** Names a resource in messages the way Kubernetes does: `deployments.apps`, or `pods` for the core group. */
export interface ResourceName {
  group: string
  /** Plural, e.g. `deployments`. */
  resource: string
}

export function qualifiedResource({ group, resource }: ResourceName): string {
  return group ? `${resource}.${group}` : resource
}

function about(resource: ResourceName, name: string, extra: StatusDetails = {}): StatusDetails {
  return { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.resource, ...extra }
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError('NotFound', `${qualifiedResource(resource)} "${name}" not found`, {
    details: about(resource, name),
  })
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError('AlreadyExists', `${qualifiedResource(resource)} "${name}" already exists`, {
    details: about(resource, name),
  })
}

/** The object changed since the caller read it; reading again and retrying is the remedy. */
export function conflict(
  resource: ResourceName,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`
  return new StatusError('Conflict', message, { details: about(resource, name) })
}

/** Validation failed: every offending field is named at once. `kind` is the CamelCase kind for the sentence. */
export function invalid(
  resource: ResourceName & { kind: string },
  name: string,
  causes: StatusCause[],
): StatusError {
  const subject = resource.group ? `${resource.kind}.${resource.group}` : resource.kind
  const list = causes.map(cause => (cause.field ? `${cause.field}: ${cause.message}` : cause.message))
  const text = list.length === 1 ? list[0] : `[${list.join(', ')}]`
  return new StatusError('Invalid', `${subject} "${name}" is invalid: ${text}`, {
    details: { ...about(resource, name, { causes }), kind: resource.kind },
  })
}

export function badRequest(message: string, cause?: unknown): StatusError {
  return new StatusError('BadRequest', message, { cause })
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  return new StatusError('Forbidden', `${qualifiedResource(resource)} "${name}" is forbidden: ${why}`, {
    details: about(resource, name),
  })
}

export function expired(message = 'The resourceVersion for the provided watch is too old.'): StatusError {
  return new StatusError('Expired', message)
}

export function internalError(cause: unknown): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${errorMessage(cause)}`, { cause })
}

export function isStatusError(error: unknown, reason?: StatusReason): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason)
}

/** What a person should read of any thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
