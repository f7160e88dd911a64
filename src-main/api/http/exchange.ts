import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Kind } from '../kinds/kind.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Authentication } from '../auth/authenticate.ts'
import type { Doctor } from '../doctor.ts'
import type { MetricsSource } from '../metrics/metrics-source.ts'
import type { PodStreams } from '../pod-streams.ts'
import type { Registry } from '../registry.ts'

/** What every handler works with. */
export interface Services {
  registry: Registry
  kinds: readonly Kind[]
  clock: Clock
  logger: Logger
  streams?: PodStreams
  metrics?: MetricsSource
  doctor?: Doctor
  audit?: AuditLog
}

/** One request, understood. */
export interface ApiRequest {
  request: IncomingMessage
  method: string
  /** Decoded path segments, without empty ones. */
  path: readonly string[]
  query: URLSearchParams
  services: Services
  /** How the client has proved itself, once that is known. */
  authentication?: Authentication
}

/** One request and its reply. */
export interface Exchange extends ApiRequest {
  response: ServerResponse
  /** What the reply warns of, whatever becomes of the request. */
  warnings: string[]
  /** The object that a create made, for the audit: its name is not in the address. */
  created?: { name: string; uid: string }
}
