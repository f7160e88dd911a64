import jsonPatch, { type Operation } from 'fast-json-patch'
import { badRequest, StatusError } from '../../lib/errors.ts'
import { copyJson, isJsonObject } from '../../lib/json.ts'

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
    let document = copyJson(target)
    operations.forEach((operation, index) => {
      const standard = standardForm(document, operation)
      if (standard === undefined) return
      document = jsonPatch.applyOperation(document, standard, true, true, true, index).newDocument
    })
    return document
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

/**
 * An operation as the RFC has it. Kubernetes lets more through: an index may count from the end, and a member that is not
 * there may be replaced, and equals null. Source: evanphx/json-patch v4, and the tests of apiserver pkg/endpoints/handlers.
 * @returns undefined for a test that holds already
 */
function standardForm(document: unknown, operation: Operation): Operation | undefined {
  if (!isJsonObject(operation) || typeof operation.path !== 'string') return operation
  const grows = operation.op === 'add' || operation.op === 'copy'
  const { pointer: path, isMissing } = locate(document, operation.path, grows)
  switch (operation.op) {
    case 'test':
      return isMissing && operation.value === null ? undefined : { ...operation, path }
    case 'replace':
      return { ...operation, op: isMissing ? 'add' : 'replace', path }
    case 'copy':
      if (typeof operation.from !== 'string') return operation
      return { ...operation, from: locate(document, operation.from).pointer, path }
    case 'move':
      // where the end will be is known only once it is taken away: its new place stays as it is given
      if (typeof operation.from !== 'string') return operation
      return { ...operation, from: locate(document, operation.from).pointer }
    default:
      return { ...operation, path }
  }
}

/**
 * Where a pointer leads.
 * @param grows an element is to be put in there: the last place is then the one after the last element
 * @returns `isMissing`: the object that the pointer leads into has no such member
 */
function locate(document: unknown, pointer: string, grows = false): { pointer: string; isMissing: boolean } {
  const [root = '', ...steps] = pointer.split('/')
  let value = document
  let isMissing = false
  const fromStart = steps.map((step, position) => {
    const isLast = position === steps.length - 1
    const length = Array.isArray(value) ? value.length + (isLast && grows ? 1 : 0) : 0
    const index = /^-[1-9]\d*$/.test(step) ? length + Number(step) : -1
    const found = Array.isArray(value) && index >= 0 ? String(index) : step
    const name = found.replace(/~1/g, '/').replace(/~0/g, '~')
    isMissing = isLast && isJsonObject(value) && !Object.hasOwn(value, name)
    value = isContainer(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return found
  })
  return { pointer: [root, ...fromStart].join('/'), isMissing }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The library's sentences go on with a dump of the whole document: the first line says it. */
function reason(error: unknown): string {
  const { message, index } = error as { message?: string; index?: number }
  const sentence = (message ?? String(error)).split('\n')[0] ?? ''
  return index === undefined ? sentence : `${sentence} (operation ${index})`
}
