import jsonPatch, { type MoveOperation, type Operation, type Validator } from 'fast-json-patch'
import { badRequest, StatusError } from '../../lib/errors.ts'
import { copyJson, isJsonObject } from '../../lib/json.ts'

/** As Kubernetes: more operations than this are refused. */
const MAX_OPERATIONS = 10_000
/** So many operations are done before others have their turn. */
const PORTION = 1_000
/** As Kubernetes: so much may be copied, in characters. Copies of copies would double each time. */
const MAX_COPIED = 3 * 1024 * 1024
const TOO_MUCH_COPIED = 'Unable to complete the copy, the accumulated size increase of copy is'

/**
 * JSON patch, RFC 6902. Changes neither argument. Yields now and then, where others may have their turn.
 * @throws StatusError BadRequest for what is no JSON patch, Invalid for one that does not fit the document
 */
export function* applyJsonPatch(target: unknown, patch: unknown): Generator<void, unknown, void> {
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
    let copied = 0
    const apply = (operation: Operation, index: number) => {
      const standard = standardForm(document, operation)
      if (standard === undefined) return
      if (standard.op === 'copy') {
        copied += JSON.stringify(valueAt(document, standard.from) ?? null).length
        if (copied > MAX_COPIED)
          throw new Error(`${TOO_MUCH_COPIED} ${copied}, exceeding the limit ${MAX_COPIED}`)
      }
      document = jsonPatch.applyOperation(document, standard, validate, true, true, index).newDocument
    }
    for (const [index, operation] of operations.entries()) {
      if (index % PORTION === PORTION - 1) yield
      if (isMove(operation)) {
        // the library would copy what is at the new place, each time
        const value = valueAt(document, operation.from)
        apply({ op: 'remove', path: operation.from }, index)
        apply({ op: 'add', path: operation.path, value }, index)
      } else apply(operation, index)
    }
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

/** As the library's own, which looks through each value for what JSON has not, and copies the document to look for one. */
const validate: Validator<unknown> = (operation, index, document, existing) => {
  const given: Operation =
    'value' in operation && operation.value !== undefined ? { ...operation, value: null } : operation
  const copies = operation.op === 'copy'
  jsonPatch.validator(given, index, copies ? undefined : document, existing)
  if (copies && valueAt(document, operation.from) === undefined) {
    throw new Error(`Cannot perform the operation from a path that does not exist (operation ${index})`)
  }
}

function isMove(operation: Operation): operation is MoveOperation {
  return isJsonObject(operation) && operation.op === 'move' && typeof operation.from === 'string'
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
    default:
      return { ...operation, path }
  }
}

/**
 * Where a pointer leads.
 * @param grows an element is to be put in there: the last place is then the one after the last element
 * @returns `isMissing`: the object that the pointer leads into has no such member; `value`: undefined when there is none
 */
function locate(
  document: unknown,
  pointer: string,
  grows = false,
): { pointer: string; isMissing: boolean; value: unknown } {
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
  return { pointer: [root, ...fromStart].join('/'), isMissing, value }
}

function valueAt(document: unknown, pointer: string): unknown {
  return locate(document, pointer).value
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
