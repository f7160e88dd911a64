import { request as httpRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export interface Answer {
  code: number
  body: Buffer
}

/** A client with kept connections to one address. */
export interface HttpClient {
  send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** The response as soon as its head is there. */
  open: (...args: Parameters<HttpClient['send']>) => Promise<IncomingMessage>
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
  const known = token ? { Authorization: `Bearer ${token}` } : {}

  const open: HttpClient['open'] = (method, path, body, headers = {}) =>
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
    })

  return {
    open,
    async send(method, path, body, headers) {
      const response = await open(method, path, body, headers)
      const chunks: Buffer[] = []
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
      return { code: response.statusCode ?? 0, body: Buffer.concat(chunks) }
    },
    close: () => agent.destroy(),
  }
}
