import type { IncomingMessage } from 'node:http'
import { badRequest, errorMessage, StatusError } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import { portions } from '../../lib/turn.ts'
import { decodeObject } from '../protobuf/decode-object.ts'
import { duplicateKeys, MAX_DEPTH, MAX_VALUES, tooDeep, tooMany } from './json-scan.ts'
import { readYaml } from './yaml-body.ts'

/** As kube-apiserver. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024
/** What comes in a larger body is looked through before anything else is done with it. */
export const LARGE_BODY_BYTES = 128 * 1024

export interface Body {
  value: unknown
  /** `duplicate field "spec.replicas"`, for each key that was given twice. The last one counted. */
  duplicates: string[]
}

/** The media type of the request's body, without parameters; JSON when the client says nothing. */
export function contentTypeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json'
}

/**
 * Reads the whole body.
 * @throws StatusError RequestEntityTooLarge beyond 3 MiB; BadRequest when the client breaks off
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else {
        // The rest is read and dropped by node once the reply is out; breaking off here would lose the reply.
        request.off('data', onData)
        const why = `Request entity too large: limit is ${MAX_BODY_BYTES}`
        reject(new StatusError('RequestEntityTooLarge', why))
      }
    }
    request.on('data', onData)
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', error => reject(badRequest(`the request body broke off: ${error.message}`, error)))
    request.on('close', () => {
      if (!request.complete) reject(badRequest('the request body broke off'))
    })
  })
}

/**
 * Parses a body in one of the formats that objects come in.
 * @throws StatusError UnsupportedMediaType, BadRequest, RequestEntityTooLarge
 */
export async function parseBody(contentType: string, bytes: Buffer): Promise<Body> {
  switch (contentType) {
    case 'application/json':
    case 'text/json':
      return parseJson(bytes)
    case 'application/yaml':
    case 'application/x-yaml':
    case 'text/yaml':
      return parseYaml(bytes)
    case 'application/vnd.kubernetes.protobuf':
      return { value: clean(decodeObject(bytes)), duplicates: [] }
    default:
      throw unsupported(`the body of the request was in an unknown format (${contentType})`)
  }
}

function unsupported(why: string): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `${why} - accepted media types include: application/json, application/yaml`,
  )
}

/** @throws StatusError BadRequest, RequestEntityTooLarge */
export async function parseJson(bytes: Buffer): Promise<Body> {
  const text = decodeUtf8(bytes)
  const pause = portions()
  try {
    const duplicates = await duplicateKeys(text, pause)
    await pause()
    const parsed: unknown = JSON.parse(text)
    await pause()
    const value = clean(parsed)
    await pause()
    return { value, duplicates: duplicates.map(path => `duplicate field "${path}"`) }
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw badRequest(`the body is no valid JSON: ${errorMessage(error)}`, error)
  }
}

/** JSON is YAML, and what programs send: reading it as such takes a hundredth of the time. */
async function parseYaml(bytes: Buffer): Promise<Body> {
  const text = decodeUtf8(bytes)
  if (isJson(text)) return parseJson(bytes)
  try {
    const { value, duplicates } = await readYaml(text)
    return { value: clean(value), duplicates }
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw badRequest(`the body is no valid YAML: ${errorMessage(error).split('\n')[0] ?? ''}`, error)
  }
}

function isJson(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw badRequest('the body is no valid UTF-8', error)
  }
}

/**
 * Plain JSON data only: what a key like `__proto__` could do to later copies is kept out here, once, and so is
 * nesting (YAML's too). YAML's aliases repeat what they stand for: it is counted here as JSON's text is, by its commas.
 */
function clean(value: unknown, depth = 0, values = { count: 0 }): unknown {
  if (depth > MAX_DEPTH) throw tooDeep()
  if (Array.isArray(value)) {
    count(value.length, values)
    for (const item of value) clean(item, depth + 1, values)
    return value
  }
  if (isJsonObject(value)) {
    if (Object.hasOwn(value, '__proto__')) throw badRequest('"__proto__" is not allowed as a key')
    const keys = Object.keys(value)
    count(keys.length, values)
    for (const key of keys) clean(value[key], depth + 1, values)
    return value
  }
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw badRequest('the body has values that JSON does not know')
  }
  return value
}

function count(members: number, values: { count: number }): void {
  values.count += Math.max(0, members - 1)
  if (values.count > MAX_VALUES) throw tooMany()
}
