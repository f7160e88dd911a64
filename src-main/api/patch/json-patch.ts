import jsonPatch, { type Operation } from 'fast-json-patch'
import { badRequest, StatusError } from '../../lib/errors.ts'
import { copyJson } from '../../lib/json.ts'

/** As Kubernetes: more operations than this are refused. */
const MAX_OPERATIONS = 10_000

/**
 * JSON patch, RFC 6902. Changes neither argument.
 * @throws StatusError BadRequest for what is no JSON patch, Invalid for one that does not fit the document
 */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list of operations')
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    )
  }
  try {
    // the library puts the patch's own values into the document, where later operations change them
    const operations = copyJson(patch) as Operation[]
    return jsonPatch.applyPatch(copyJson(target), operations, true, true, true).newDocument
  } catch (error) {
    throw new StatusError(
      'Invalid',
      `the server rejected our request due to an error in our request: ${reason(error)}`,
      {
        cause: error,
      },
    )
  }
}

/** The library's sentences go on with a dump of the whole document: the first line says it. */
function reason(error: unknown): string {
  const { message, index } = error as { message?: string; index?: number }
  const sentence = (message ?? String(error)).split('\n')[0] ?? ''
  return index === undefined ? sentence : `${sentence} (operation ${index})`
}
