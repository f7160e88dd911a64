import type { KubeObject } from '../../src-main/api/types.ts'
import type { Status } from './api-error.ts'
import { ApiError } from './api-error.ts'
import type { ApiClient } from './client.ts'
import { readLines } from './lines.ts'
import { openSocketStream } from './socket-stream.ts'

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; object: Status }

/**
 * How watches (and followed logs) reach the API.
 * `connections` is how many streams may be open at once, for logs can be many.
 */
export interface WatchTransport {
  readonly connections: number
  /** Events in order until the server ends the stream; throws ApiError when it breaks. */
  watch(path: string, options: StreamOptions): AsyncIterable<WatchEvent>
  /** Lines of a followed log. */
  lines(path: string, options: StreamOptions): AsyncIterable<string>
}

export interface StreamOptions {
  signal: AbortSignal
  /** Called once the server has accepted the stream. */
  onOpen?: () => void
}

/** Browsers allow some two hundred WebSockets an origin, over all tabs, and only six connections without one. */
const CONNECTIONS = 60

/** Streams over WebSockets: several tabs of the window, and logs of many pods, do not wait for each other. */
export function createSocketTransport(client: ApiClient, origin: string): WatchTransport {
  async function* lines(path: string, { signal, onOpen }: StreamOptions): AsyncGenerator<string> {
    const stream = await openSocketStream(origin + path, signal)
    if (!stream) throw await refusal(path, signal)
    onOpen?.()
    yield* readLines(stream)
  }

  /** A browser does not tell why a WebSocket was refused: a plain request for the same gets the answer. */
  async function refusal(path: string, signal: AbortSignal): Promise<ApiError> {
    const answer = await client.stream(path, { signal })
    await answer.cancel()
    return new ApiError({
      code: 0,
      reason: 'Unreachable',
      message: 'The connection to Coxswain was refused.',
    })
  }

  return {
    connections: CONNECTIONS,
    lines,
    async *watch(path, options) {
      for await (const line of lines(path, options)) {
        if (line) yield JSON.parse(line) as WatchEvent
      }
    },
  }
}
