import type { IncomingMessage } from 'node:http'

/** A response with all of its body. */
export interface Reply {
  code: number
  headers: IncomingMessage['headers']
  text: string
  json<T = Record<string, never>>(): T
}

export async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return {
    code: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: <T>() => JSON.parse(text) as T,
  }
}
