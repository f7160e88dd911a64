import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { readReply, type Reply } from '../../../reply.ts'
import type { ServedApi } from './served-api.ts'

export interface CallOptions {
  method?: string
  headers?: Record<string, string>
  /** Objects go as JSON, text and bytes as they are. */
  body?: unknown
  /** A body that is still being written. */
  stream?: Readable
  /** Over the window's plain HTTP instead of TLS. */
  window?: boolean
  /** Leave the bearer token out. */
  anonymous?: boolean
}

/** Sends one request, and gives the response as soon as its head is there. */
export function open(api: ServedApi, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
  const { method = 'GET', body, window = false, anonymous = false } = options
  const bytes =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const url = new URL(window ? api.window : api.tls)
  return new Promise((resolve, reject) => {
    const outgoing = (window ? httpRequest : httpsRequest)(
      {
        host: url.hostname,
        port: url.port,
        path,
        method,
        agent: false,
        ca: api.authority,
        headers: { ...(anonymous ? {} : { Authorization: `Bearer ${api.token}` }), ...options.headers },
      },
      resolve,
    )
    outgoing.on('error', reject)
    if (options.stream) options.stream.pipe(outgoing)
    else outgoing.end(bytes)
  })
}

export async function call(api: ServedApi, path: string, options: CallOptions = {}): Promise<Reply> {
  return readReply(await open(api, path, options))
}

/** The events of a watch, one by one. */
export async function* watchLines<T>(response: IncomingMessage): AsyncGenerator<T> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as T
  }
}
