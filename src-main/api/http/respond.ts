import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { internalError, StatusError } from '../../lib/errors.ts'
import type { Exchange } from './exchange.ts'
import { jsonOf } from '../../store/object-text.ts'

const compress = promisify(gzip)
/** As kube-apiserver: smaller replies are not worth the time. */
export const GZIP_FROM_BYTES = 128 * 1024

export const JSON_TYPE = 'application/json'

/** Sends a JSON reply; large ones are compressed for clients that accept it. */
export async function sendJson(
  exchange: Exchange,
  code: number,
  value: object,
  contentType = JSON_TYPE,
): Promise<void> {
  await sendBody(exchange, code, Buffer.from(`${jsonOf(value)}\n`), contentType)
}

export async function sendText({ response }: Exchange, code: number, text: string): Promise<void> {
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(text)
}

/** Answers with a body of a known length; a large one is compressed for clients that accept it. */
export async function sendBody(
  exchange: Exchange,
  code: number,
  body: Buffer,
  contentType: string,
): Promise<void> {
  const { response } = exchange
  response.setHeader('Content-Type', contentType)
  response.setHeader('Cache-Control', 'no-cache, private')
  if (body.length < GZIP_FROM_BYTES || !acceptsGzip(exchange)) {
    response.writeHead(code, { 'Content-Length': body.length }).end(body)
    return
  }
  const compressed = await compress(body, { level: constants.Z_BEST_SPEED })
  response.setHeader('Vary', 'Accept-Encoding')
  response
    .writeHead(code, { 'Content-Encoding': 'gzip', 'Content-Length': compressed.length })
    .end(compressed)
}

export function acceptsGzip({ request }: Exchange): boolean {
  return elementsOf(String(request.headers['accept-encoding'] ?? '')).some(coding => {
    const [name = '', weight = 'q=1'] = coding.split(';', 2).map(part => part.trim().toLowerCase())
    return name === 'gzip' && weight.startsWith('q=') && Number(weight.slice(2)) > 0
  })
}

/** The elements of a header that is a list: `gzip, br;q=0.5`. */
export function elementsOf(header: string): string[] {
  return header.split(',').map(element => element.trim())
}

/**
 * Answers with the failure's Status. What is no StatusError is our own defect: it is logged, and the client learns
 * no more than its message.
 */
export async function sendError(exchange: Exchange, error: unknown): Promise<void> {
  const { response, services } = exchange
  const status = error instanceof StatusError ? error : internalError(error)
  if (status !== error) {
    services.logger.error(
      { err: error, method: exchange.method, path: exchange.path.join('/') },
      'request failed',
    )
  }
  if (response.headersSent) {
    response.destroy()
    return
  }
  const retry = status.details?.retryAfterSeconds
  if (retry !== undefined) response.setHeader('Retry-After', String(retry))
  await sendJson(exchange, status.code, status.toStatus())
}

/** Longest Warning text, and most of them: headers have their limits at the client. */
const MAX_WARNING = 1024
const MAX_WARNINGS = 50

/** Adds the `Warning` headers, which kubectl prints. Header bytes are Latin-1, so UTF-8 travels as its bytes. */
export function setWarnings(response: ServerResponse, texts: readonly string[]): void {
  if (texts.length === 0) return
  const values = [...new Set(texts)].slice(0, MAX_WARNINGS).map(text => {
    const clean = text.replace(/[\u0000-\u001f\u007f]/g, ' ').slice(0, MAX_WARNING)
    return `299 - "${Buffer.from(clean.replace(/["\\]/g, '\\$&')).toString('latin1')}"`
  })
  response.setHeader('Warning', values)
}
