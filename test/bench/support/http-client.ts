import { request as httpRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type Dispatcher, Pool } from 'undici'

export interface Answer {
  code: number
  body: Buffer
}

/** A client with kept connections to one address. */
export interface HttpClient {
  send(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** The response as soon as its head is there. */
  open(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<IncomingMessage>
  close(): void
}

export function httpClient(
  address: string,
  { authority, token }: { authority?: string; token?: string } = {},
): HttpClient {
  const url = new URL(address)
  const secure = url.protocol === 'https:'
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ca: authority })
    : new HttpAgent({ keepAlive: true })
  // Node's own client takes more processor time for a request than the servers that are measured.
  const pool = new Pool(url.origin, { connect: { ca: authority }, headersTimeout: 0, bodyTimeout: 0 })
  const known = token ? { Authorization: `Bearer ${token}` } : {}

  return {
    send: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        let code = 0
        const chunks: Buffer[] = []
        pool.dispatch(
          { method, path, body, headers: { ...known, ...headers } },
          {
            onRequestStart: () => {},
            onResponseStart: (_, statusCode) => void (code = statusCode),
            onResponseData: (_, chunk) => void chunks.push(chunk),
            onResponseEnd: () => resolve({ code, body: Buffer.concat(chunks) }),
            onResponseError: (_, error) => reject(error),
          },
        )
      }),
    open: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const options = { host: url.hostname, port: url.port, method, path, agent }
        const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
        const outgoing = (secure ? httpsRequest : httpRequest)(
          { ...options, headers: { ...known, ...length, ...headers } },
          response => {
            // who reads it is told by the stream; one that nobody reads may end as it likes
            response.on('error', () => undefined)
            resolve(response)
          },
        )
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
    close() {
      agent.destroy()
      void pool.destroy()
    },
  }
}
