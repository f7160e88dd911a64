import { Writable } from 'node:stream'
import { WebSocket } from 'ws'

const NORMAL_CLOSURE = 1000

/**
 * A stream of which each write is one message, at the pace of the client. Ending it closes the connection; when the
 * client leaves, it is destroyed.
 * @param encode text for a text message, bytes for a binary one
 */
export function messageSink(
  websocket: WebSocket,
  encode: (chunk: Buffer | string) => Buffer | string,
): Writable {
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: Buffer | string, _encoding, done) {
      if (websocket.readyState !== WebSocket.OPEN) done(new Error('the client is gone'))
      else websocket.send(encode(chunk), done)
    },
    final(done) {
      websocket.close(NORMAL_CLOSURE)
      done()
    },
    destroy(error, done) {
      // one that is closing gets its last messages out first
      if (websocket.readyState === WebSocket.OPEN) websocket.terminate()
      done(error)
    },
  })
  sink.on('error', () => undefined) // its user is told by `close`
  websocket.once('close', () => sink.destroy())
  return sink
}
