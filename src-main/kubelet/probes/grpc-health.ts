import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import type { Duplex } from 'node:stream'
import { ProbeDoubt } from './result.ts'

/** Names of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const UNIMPLEMENTED = '12'
const MAX_ANSWER_BYTES = 64 * 1024

export interface HealthAnswer {
  serving: boolean
  message: string
}

/**
 * Asks `grpc.health.v1.Health/Check` over cleartext HTTP/2 on a connection that is there.
 * Source: the gRPC health checking protocol; kubernetes pkg/probe/grpc/grpc.go for the words.
 * @throws ProbeDoubt when no answer comes
 */
export async function grpcHealth(
  connection: Duplex,
  service: string,
  authority: string,
): Promise<HealthAnswer> {
  const session = connect(`http://${authority}`, { createConnection: () => connection })
  try {
    const { code, words, message } = await call(session, service)
    if (code === UNIMPLEMENTED) {
      return {
        serving: false,
        message: `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${words}`,
      }
    }
    if (code !== '0') return { serving: false, message: `health rpc failed: code ${code}: ${words}` }
    const status = decodeStatus(message)
    const name = STATUS[status] ?? String(status)
    return { serving: name === 'SERVING', message: `service unhealthy (responded with "${name}")` }
  } catch (error) {
    throw new ProbeDoubt(`health rpc: ${error instanceof Error ? error.message : String(error)}`, error)
  } finally {
    session.destroy()
  }
}

interface RpcAnswer {
  code: string
  words: string
  message: Buffer
}

function call(session: ClientHttp2Session, service: string): Promise<RpcAnswer> {
  return new Promise((resolve, reject) => {
    session.once('error', reject)
    session.once('close', () => reject(new Error('the connection was closed')))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let end: IncomingHttpHeaders = {}
    let size = 0
    const chunks: Buffer[] = []
    stream.on('error', reject)
    // an answer without a message has its status among the headers
    stream.on('response', headers => (end = { ...end, ...headers }))
    stream.on('trailers', trailers => (end = { ...end, ...trailers }))
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_ANSWER_BYTES) reject(new Error('the answer does not end'))
      else chunks.push(chunk)
    })
    stream.on('end', () => {
      const code = String(end['grpc-status'] ?? `HTTP ${String(end[':status'])}`)
      resolve({ code, words: String(end['grpc-message'] ?? ''), message: Buffer.concat(chunks).subarray(5) })
    })
    stream.end(frame(encodeRequest(service)))
  })
}

/** gRPC's prefix: not compressed, and the length. */
function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** HealthCheckRequest: field 1, a string. */
export function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service)
  if (name.length === 0) return name
  return Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

/** HealthCheckResponse: field 1, an enum; left out when it is 0. */
export function decodeStatus(message: Buffer): number {
  const tagOfStatus = 0x08
  return message[0] === tagOfStatus ? (message[1] ?? 0) : 0
}
