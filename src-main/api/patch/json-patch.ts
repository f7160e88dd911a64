import { badRequest, errorMessage, StatusError } from '../../lib/errors.ts'
import { copyJson, equalJson, isJsonObject, type JsonObject } from '../../lib/json.ts'

/** As Kubernetes: more operations than this are refused. */
const MAX_OPERATIONS = 10_000
/** As Kubernetes: so much may be copied, in characters. Copies of copies would double each time. */
const MAX_COPIED = 3 * 1024 * 1024

const NOT_THERE = 'Cannot perform the operation at a path that does not exist'

interface Operation {
  op?: unknown
  path?: unknown
  from?: unknown
  value?: unknown
}

/**
 * JSON patch, RFC 6902. Changes neither argument. Yields between its steps, where others may have their turn.
 * Kubernetes lets more through than the RFC, and so does this: an index may count from the end, and a member that is not
 * there may be replaced, and equals null. Source: evanphx/json-patch v4, and the tests of apiserver pkg/endpoints/handlers.
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
  const copy = copies()
  let document = copyJson(target)
  for (const [index, operation] of (patch as unknown[]).entries()) {
    yield
    try {
      document = carryOut(document, operation, copy)
    } catch (error) {
      throw new StatusError(
        'Invalid',
        `the server rejected our request due to an error in our request: ${errorMessage(error)} (operation ${index})`,
        { cause: error },
      )
    }
  }
  return document
}

/** Changes the document, or returns another one in its place. */
function carryOut(document: unknown, operation: unknown, copy: (value: unknown) => unknown): unknown {
  if (!isJsonObject(operation)) throw new Error('Operation is not an object')
  const { op, path, from, value } = operation as Operation
  const to = pointer(path, 'path')
  switch (op) {
    case 'add':
      return put(document, to, given(value))
    case 'replace':
      return replace(document, to, given(value))
    case 'remove':
      take(document, to)
      return document
    case 'move':
      return put(document, to, take(document, pointer(from, 'from')))
    case 'copy':
      return put(document, to, copy(valueAt(document, pointer(from, 'from'))))
    case 'test':
      if (equalJson(valueOrNull(document, to), given(value))) return document
      throw new Error('Test operation failed')
    default:
      throw new Error('Operation `op` property is not one of operations defined in RFC-6902')
  }
}

/** Copies values that are there, until it is too much altogether. */
function copies(): (value: unknown) => unknown {
  let copied = 0
  return value => {
    if (value === undefined) throw new Error('Cannot perform the operation from a path that does not exist')
    copied += JSON.stringify(value).length
    if (copied <= MAX_COPIED) return copyJson(value)
    throw new Error(
      `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${MAX_COPIED}`,
    )
  }
}

/** A copy, because later operations may change the value, and the patch may be carried out again. */
function given(value: unknown): unknown {
  if (value === undefined) throw new Error('Operation `value` property is not present')
  return copyJson(value)
}

/** The steps of a JSON pointer, RFC 6901. */
function pointer(text: unknown, name: string): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    throw new Error(`Operation \`${name}\` property is not a JSON pointer`)
  }
  const steps = text.split('/').slice(1)
  return steps.map(step => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}

function put(document: unknown, steps: readonly string[], value: unknown): unknown {
  const place = placeOf(document, steps)
  if (!place) return value
  const { parent, name } = place
  if (!Array.isArray(parent)) {
    parent[name] = value
    return document
  }
  const index = name === '-' ? parent.length : indexOf(name, parent.length + 1)
  if (!(index >= 0 && index <= parent.length)) throw new Error(`${NOT_THERE}: no index "${name}"`)
  parent.splice(index, 0, value)
  return document
}

function replace(document: unknown, steps: readonly string[], value: unknown): unknown {
  const place = placeOf(document, steps)
  if (!place) return value
  const { parent, name } = place
  if (!Array.isArray(parent)) parent[name] = value
  else parent[elementOf(parent, name)] = value
  return document
}

function take(document: unknown, steps: readonly string[]): unknown {
  const place = placeOf(document, steps)
  if (!place) throw new Error('the whole document cannot be removed')
  const { parent, name } = place
  if (Array.isArray(parent)) return parent.splice(elementOf(parent, name), 1)[0] as unknown
  if (!Object.hasOwn(parent, name)) throw new Error(NOT_THERE)
  const value = parent[name]
  delete parent[name]
  return value
}

/** Undefined for the document itself. */
function placeOf(
  document: unknown,
  steps: readonly string[],
): { parent: JsonObject | unknown[]; name: string } | undefined {
  const name = steps.at(-1)
  if (name === undefined) return undefined
  const parent = valueAt(document, steps.slice(0, -1))
  if (!Array.isArray(parent) && !isJsonObject(parent)) throw new Error(NOT_THERE)
  if (name === '__proto__') throw new Error('`__proto__` is no name of a member')
  return { parent, name }
}

/** Undefined when there is none. */
function valueAt(document: unknown, steps: readonly string[]): unknown {
  let value = document
  for (const step of steps) {
    if (Array.isArray(value)) value = value[indexOf(step, value.length)] as unknown
    else value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value
}

/** A member that an object has not got is null here. */
function valueOrNull(document: unknown, steps: readonly string[]): unknown {
  const value = valueAt(document, steps)
  return value === undefined && isJsonObject(valueAt(document, steps.slice(0, -1))) ? null : value
}

/** A negative one counts from the end; NaN for what is no index. */
function indexOf(step: string, length: number): number {
  if (/^-[1-9]\d*$/.test(step)) return length + Number(step)
  return /^(0|[1-9]\d*)$/.test(step) ? Number(step) : NaN
}

/** The index of an element that is there. */
function elementOf(list: readonly unknown[], step: string): number {
  const index = indexOf(step, list.length)
  if (index >= 0 && index < list.length) return index
  throw new Error(`${NOT_THERE}: no index "${step}"`)
}
