import { StatusError } from '../../lib/errors.ts'
import { type Document, type DocumentName, OpenApiDocuments } from '../openapi/documents.ts'
import type { Exchange, Services } from './exchange.ts'
import { acceptsGzip, elementsOf, JSON_TYPE } from './respond.ts'

/**
 * kubectl 1.20 insists on this very type (with a dot where its own request has an `@`, on which its parser of media
 * types stumbles).
 */
const PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const PROTOBUF_REQUEST = /com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/

const documents = new WeakMap<Services, OpenApiDocuments>()

/**
 * `/openapi/v2`, `/openapi/v3` and the documents under it. False when the path is none of these.
 * @param rest the path after `openapi`
 */
export async function handleOpenApi(exchange: Exchange, rest: readonly string[]): Promise<boolean> {
  const { method, services } = exchange
  const name = documentName(exchange, rest)
  if (!name) return false
  if (method !== 'GET' && method !== 'HEAD') {
    throw new StatusError(
      'MethodNotAllowed',
      `the server does not allow this method on the requested resource: ${method} (allowed: GET)`,
    )
  }
  let known = documents.get(services)
  if (!known) {
    known = new OpenApiDocuments()
    documents.set(services, known)
  }
  const document = await known.get(services.kinds, name)
  if (!document) return false
  sendDocument(exchange, document, name === 'v2.pb' ? PROTOBUF_TYPE : JSON_TYPE)
  return true
}

function documentName(
  { request }: Exchange,
  [version, ...rest]: readonly string[],
): DocumentName | undefined {
  const accept = request.headers.accept ?? ''
  if (version === 'v2' && rest.length === 0) return PROTOBUF_REQUEST.test(accept) ? 'v2.pb' : 'v2.json'
  if (version !== 'v3') return undefined
  if (accept && !/application\/json|application\/\*|\*\/\*/.test(accept)) {
    throw new StatusError(
      'NotAcceptable',
      'only the following media types are accepted: application/json (OpenAPI 3 is not served as protobuf)',
    )
  }
  return rest.length === 0 ? 'v3' : `v3/${rest.join('/')}`
}

function sendDocument(exchange: Exchange, { bytes, gzipped, hash }: Document, type: string): void {
  const { request, response, query, method } = exchange
  const etag = `"${hash}"`
  response.setHeader('ETag', etag)
  response.setHeader('Vary', 'Accept, Accept-Encoding')
  // Under its hash a document never changes.
  const immutable = query.get('hash') === hash
  response.setHeader('Cache-Control', immutable ? 'public, immutable, max-age=31536000' : 'no-cache, private')
  if (elementsOf(request.headers['if-none-match'] ?? '').includes(etag)) {
    response.writeHead(304).end()
    return
  }
  const zipped = acceptsGzip(exchange)
  const body = zipped ? gzipped : bytes
  if (zipped) response.setHeader('Content-Encoding', 'gzip')
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}
