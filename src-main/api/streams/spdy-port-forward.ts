import type { Duplex } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import { type DialPort, forwardConnection, portOf } from './port-forward.ts'
import { SpdyConnection } from './spdy/connection.ts'
import type { SpdyStream } from './spdy/stream.ts'

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io'

/** As kubelet: the second stream of a connection must follow its first in this time. */
const PAIR_TIMEOUT_MS = 30_000

interface Pair {
  error?: SpdyStream
  data?: SpdyStream
  cancel(): void
}

/**
 * Forwards ports over SPDY: each connection is a pair of streams, `error` and `data`, of the same `requestid`.
 * Resolves when the client is gone.
 */
export function serveSpdyPortForward(
  transport: Duplex,
  { clock, dial }: { clock: Clock; dial: DialPort },
): Promise<void> {
  const pairs = new Map<string, Pair>()
  const connection = new SpdyConnection(transport, {
    clock,
    onStream(stream) {
      const type = stream.headers.get('streamtype')
      if (type !== 'error' && type !== 'data') {
        stream.destroy(new Error(`no stream of type "${type}" is expected`))
        return
      }
      const id = requestId(stream, type)
      const pair = pairs.get(id) ?? newPair(id)
      pair[type] = stream
      const { data, error } = pair
      if (!data || !error) return
      pair.cancel()
      pairs.delete(id)
      const port = portOf(data.headers.get('port'))
      error.resume() // nothing is expected of it
      void forwardConnection({ data, error }, () =>
        port === undefined
          ? Promise.reject(new Error(`"${data.headers.get('port')}" is not a port`))
          : dial(port),
      )
    },
  })
  const newPair = (id: string): Pair => {
    const cancel = clock.after(PAIR_TIMEOUT_MS, () => {
      pairs.delete(id)
      pair.error?.destroy()
      pair.data?.destroy()
    })
    const pair: Pair = { cancel }
    pairs.set(id, pair)
    return pair
  }
  return connection.closed.finally(() => {
    for (const pair of pairs.values()) pair.cancel()
  })
}

/** Old clients name none: their data stream is the one that they open after the error stream. */
function requestId(stream: SpdyStream, type: 'error' | 'data'): string {
  return stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2)
}
