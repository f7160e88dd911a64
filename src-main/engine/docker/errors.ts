import { EngineError, type EngineErrorCode } from '../engine.ts'
import { errorMessage } from '../../lib/errors.ts'

/** Docker's words for a failure, and what they mean to us. The first match counts, so the narrow ones come first. */
const MEANINGS: readonly [pattern: RegExp, code: EngineErrorCode][] = [
  [/container name .* is already in use/i, 'name-conflict'],
  [/port is already allocated|listen (tcp|udp|sctp)\S* .*address already in use/i, 'port-conflict'],
  [/^Address already in use$|no available IPv4 addresses|not within any configured subnet/i, 'address-conflict'],
  [/requested address .* not|(user specified|user configured) IP address/i, 'address-conflict'],
  [/Pool overlaps|overlapping IPv4|conflicts with network|already exists.*network|network .* already exists/i, 'network-conflict'],
  [/network \S+ not found/i, 'network-not-found'],
  [/No such image/i, 'image-not-found'],
  [/client version .* is too (old|new)/i, 'unsupported'],
  [/cannot join network of a non running container|OCI runtime|failed to create (shim|task)|executable file not found|exec format error|oci runtime/i, 'start-failed'],
  [/failed to create endpoint|failed to set up container networking|error mounting|failed to populate volume|error gathering device information/i, 'start-failed'],
  [/bind source path does not exist|invalid (mount|reference|volume|container name)|conflicting options/i, 'invalid-argument'],
] // prettier-ignore

/** What a registry's refusal looks like in a pull. Source: distribution/errors.go and net/http of dockerd 20.10 to 29. */
const PULL_MEANINGS: readonly [pattern: RegExp, code: EngineErrorCode][] = [
  [/invalid reference format|must be lowercase|invalid tag|invalid checksum digest/i, 'invalid-image-name'],
  [/unauthorized|no basic auth credentials|authentication required|access denied|denied:|forbidden|incorrect username or password/i, 'registry-unauthorized'],
  [/manifest .*unknown|manifest for .* not found|name unknown|repository .* not found|failed to resolve reference .* not found|no matching manifest|: not found/i, 'image-not-found'],
  [/toomanyrequests|too many requests|dial tcp|no such host|connection refused|i\/o timeout|Client\.Timeout|deadline exceeded|TLS|x509|server gave HTTP response|EOF|connection reset|network is unreachable|no route to host|status: 5\d\d|server misbehaving/i, 'registry-unreachable'],
] // prettier-ignore

/** A failure with the HTTP status that Docker answered with, as docker-modem builds it. */
interface DockerAnswer extends Error {
  statusCode: number
  json?: unknown
}

function isAnswer(error: unknown): error is DockerAnswer {
  return error instanceof Error && typeof (error as { statusCode?: unknown }).statusCode === 'number'
}

/** HTTP status of Docker's answer, or undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return isAnswer(error) ? error.statusCode : undefined
}

/** Docker's own sentence, without what docker-modem puts around it. */
export function dockerMessage(error: unknown): string {
  if (!isAnswer(error)) return errorMessage(error)
  const message = (error.json as { message?: unknown } | null | undefined)?.message
  const text = typeof message === 'string' ? message : error.message.replace(/^\(HTTP code \d+\)[^-]*- /, '')
  return text.trim()
}

function codeOf(error: unknown, message: string): EngineErrorCode {
  const status = statusOf(error)
  if (status === undefined) return 'unreachable'
  const meaning = MEANINGS.find(([pattern]) => pattern.test(message))
  if (meaning) return meaning[1]
  if (status === 404) return 'not-found'
  if (status === 400) return 'invalid-argument'
  return 'engine-error'
}

/**
 * Turns whatever dockerode threw into an EngineError: an answer keeps Docker's words, anything else means that the
 * connection is gone.
 * @param doing what was tried, as in `start container web-0`
 */
export function toEngineError(error: unknown, doing: string): EngineError {
  if (error instanceof EngineError) return error
  const message = dockerMessage(error)
  const code = codeOf(error, message)
  if (code === 'unreachable') {
    return new EngineError(
      code,
      `cannot ${doing}: the connection to Docker broke (${message}); it is tried again`,
      error,
    )
  }
  return new EngineError(code, `cannot ${doing}: ${message}`, error)
}

const PULL_ADVICE: Partial<Record<EngineErrorCode, string>> = {
  'image-not-found': 'check the name and the tag',
  'registry-unauthorized':
    'check that the image exists, and give an imagePullSecret for its registry if it is private',
  'registry-unreachable': "check the registry's address and that the server can reach it",
}

/**
 * The meaning of a pull's failure.
 * @param message the engine's words, sent either as an answer or within the progress stream
 */
export function pullError(reference: string, message: string, cause?: unknown): EngineError {
  const code = PULL_MEANINGS.find(([pattern]) => pattern.test(message))?.[1] ?? 'engine-error'
  const advice = PULL_ADVICE[code]
  return new EngineError(
    code,
    `cannot pull image "${reference}": ${message}${advice ? `; ${advice}` : ''}`,
    cause,
  )
}
