import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { formatMicroTime } from '../../lib/clock.ts'
import type { Authentication } from '../auth/authenticate.ts'
import type { ApiRequest, Exchange } from '../http/exchange.ts'
import { resourceTarget } from '../http/target.ts'

/** What is known of a request at the end of it. */
export type AuditedRequest = ApiRequest & Pick<Exchange, 'created'>

/** How a request ended. */
export interface Outcome {
  /** HTTP status of the answer; absent: the connection speaks another protocol from now on, or the client has left. */
  code?: number
  /** Ms since the epoch. */
  receivedAt: number
}

/** An `audit.k8s.io/v1` Event at level Metadata: no body is ever in it. */
export interface AuditEvent {
  kind: 'Event'
  apiVersion: 'audit.k8s.io/v1'
  level: 'Metadata'
  auditID: string
  stage: 'ResponseStarted' | 'ResponseComplete'
  requestURI: string
  verb: string
  user: { username: string; groups: string[] }
  sourceIPs: string[]
  userAgent: string
  objectRef?: {
    resource: string
    namespace?: string
    name?: string
    uid?: string
    apiGroup?: string
    apiVersion: string
    subresource?: string
  }
  responseStatus?: { metadata: Record<string, never>; code: number }
  requestReceivedTimestamp: string
  stageTimestamp: string
  annotations: { 'coxswain.io/credential': Authentication }
}

const ADMIN = { username: 'coxswain:admin', groups: ['system:masters', 'system:authenticated'] }
const ANONYMOUS = { username: 'system:anonymous', groups: ['system:unauthenticated'] }
const MAX_TEXT = 512

/**
 * The parameters that are written down. The others are not, because some carry what is nobody's business: the words of
 * `kubectl exec`, a token in an address that was mistyped.
 */
const PARAMETERS = [
  'container',
  'continue',
  'dryRun',
  'fieldManager',
  'fieldSelector',
  'fieldValidation',
  'force',
  'gracePeriodSeconds',
  'labelSelector',
  'limit',
  'ports',
  'propagationPolicy',
  'stdin',
  'tty',
]

/** Streams into a container count as writes, by whichever method they are opened. */
const STREAMS = ['exec', 'attach', 'portforward']

/** Writes down a request that is worth a line: a write, a stream, what was refused. Reads are not. */
export function audit(audited: AuditedRequest, outcome: Outcome): void {
  const { method, path, services } = audited
  const { code } = outcome
  const reads = ['GET', 'HEAD', 'OPTIONS'].includes(method) && !STREAMS.includes(path.at(-1) ?? '')
  if (reads && code !== 401 && code !== 403) return
  services.audit?.write(auditEvent(audited, outcome))
}

export function auditEvent(audited: AuditedRequest, { code, receivedAt }: Outcome): AuditEvent {
  const { request, query, authentication = 'none', services } = audited
  const objectRef = objectReference(audited)
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: code === undefined ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: addressOf(request, query),
    verb: verbOf(audited.method, objectRef),
    user: authentication === 'none' ? ANONYMOUS : ADMIN,
    sourceIPs: [request.socket.remoteAddress ?? ''].filter(Boolean),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_TEXT),
    ...(objectRef ? { objectRef } : {}),
    ...(code === undefined ? {} : { responseStatus: { metadata: {}, code } }),
    requestReceivedTimestamp: formatMicroTime(receivedAt),
    stageTimestamp: formatMicroTime(services.clock.now()),
    annotations: { 'coxswain.io/credential': authentication },
  }
}

function addressOf({ url = '/' }: IncomingMessage, query: URLSearchParams): string {
  const path = url.split('?')[0] ?? ''
  if (query.size === 0) return path.slice(0, MAX_TEXT)
  const known = new URLSearchParams([...query].filter(([name]) => PARAMETERS.includes(name)))
  return `${path}${known.size > 0 ? `?${known}` : ''}`.slice(0, MAX_TEXT)
}

function verbOf(method: string, reference: AuditEvent['objectRef']): string {
  switch (method) {
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'DELETE':
      return reference && reference.name === undefined ? 'deletecollection' : 'delete'
    default:
      return method.toLowerCase()
  }
}

function objectReference({ path, created, services }: AuditedRequest): AuditEvent['objectRef'] {
  const target = resourceTarget(path, services.kinds)
  if (!target) return undefined
  const { kind, namespace, subresource } = target
  const name = target.name || created?.name
  return {
    resource: kind.plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name ? { name } : {}),
    ...(created ? { uid: created.uid } : {}),
    ...(kind.group ? { apiGroup: kind.group } : {}),
    apiVersion: kind.version,
    ...(subresource ? { subresource } : {}),
  }
}
