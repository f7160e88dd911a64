/** One offending field of a `Status`, as the API names it. */
export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

/** `metav1.Status` of a failed request. */
export interface Status {
  kind?: 'Status'
  status?: string
  code?: number
  reason?: string
  message?: string
  details?: { causes?: StatusCause[]; kind?: string; name?: string; retryAfterSeconds?: number }
}

const NEXT_STEPS: Record<string, string> = {
  Unauthorized:
    'Open the address that Coxswain printed when it started: the token in it signs this window in.',
  Forbidden: 'Ask whoever runs this cluster for the right to do this.',
  NotFound: 'It may have been deleted meanwhile. Go back to the list to see what exists now.',
  AlreadyExists: 'Choose another name, or edit the object that has this one.',
  Conflict: 'Someone changed it meanwhile. Load it again, then make the change once more.',
  Invalid: 'Correct the fields that are named and try again.',
  BadRequest: 'Correct what is named and try again.',
  Expired: 'Load the list again.',
  TooManyRequests: 'Wait a moment and try again.',
  Unreachable: 'The window keeps trying. If this lasts, see whether Coxswain is still running.',
}

/** A request that the API answered with an error, or that got no answer (`reason` Unreachable, `code` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number
  readonly reason: string
  readonly causes: readonly StatusCause[]

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message || status.reason || `The API answered with status ${status.code ?? 0}.`, options)
    this.code = status.code ?? 0
    this.reason = status.reason || (this.code === 0 ? 'Unreachable' : 'Unknown')
    this.causes = Object.freeze([...(status.details?.causes ?? [])])
  }

  /** What a person can do about it. */
  get nextStep(): string {
    if (NEXT_STEPS[this.reason]) return NEXT_STEPS[this.reason] ?? ''
    return this.code >= 500
      ? 'Try again. If it happens again, the log of Coxswain says more.'
      : 'Correct what is named and try again.'
  }
}

/** Any thrown value as an ApiError, so that every place that shows errors shows the same three things. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError({ code: 0, reason: 'Unknown', message }, { cause: error })
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
