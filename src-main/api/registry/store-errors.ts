import { alreadyExists, conflict, expired, notFound, StatusError } from '../../lib/errors.ts'
import { RevisionCompacted, RevisionMismatch, StoreUnavailable } from '../../store/port.ts'
import type { Kind } from '../kinds/kind.ts'

/** The store's failures in the API's words. Whatever is not the store's comes back unchanged. */
export function asStatusError(error: unknown, kind: Kind, name: string): unknown {
  const resource = { group: kind.group, resource: kind.plural }
  if (error instanceof RevisionMismatch) {
    if (error.expected === 0) return alreadyExists(resource, name)
    return error.actual === 0 ? notFound(resource, name) : conflict(resource, name)
  }
  if (error instanceof RevisionCompacted) return expired()
  if (error instanceof StoreUnavailable) {
    return new StatusError('ServiceUnavailable', error.message, {
      cause: error,
      details: { retryAfterSeconds: 1 },
    })
  }
  return error
}
