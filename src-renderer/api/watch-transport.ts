import type { KubeObject } from '../../src-main/api/types.ts'
import type { ApiClient } from './client.ts'
import type { Status } from './api-error.ts'
import { ApiError, isAbort } from './api-error.ts'
import { readLines } from './lines.ts'

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; object: Status }

/**
 * How watches (and followed logs) reach the API.
 * `connections` is how many streams may be open at once: browsers allow six connections an origin over HTTP/1.1
 * and the ordinary requests need one. A WebSocket transport has no such limit.
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

/** Newline-delimited JSON over fetch. */
export function createHttpTransport(client: ApiClient): WatchTransport {
  async function* lines(path: string, { signal, onOpen }: StreamOptions): AsyncGenerator<string> {
    const stream = await client.stream(path, { signal })
    onOpen?.()
    try {
      yield* readLines(stream)
    } catch (cause) {
      if (isAbort(cause)) throw cause
      throw new ApiError(
        { code: 0, reason: 'Unreachable', message: 'The connection to Coxswain was lost.' },
        { cause },
      )
    }
  }
  return {
    connections: 5,
    lines,
    async *watch(path, options) {
      for await (const line of lines(path, options)) {
        if (line) yield JSON.parse(line) as WatchEvent
      }
    },
  }
}
