import { ApiError } from './api-error.ts'

const encoder = new TextEncoder()

/**
 * The messages of a WebSocket as a stream of bytes; a text message is one line or several. Resolves once the server has
 * accepted, with undefined when it has refused. The stream fails with ApiError when the connection is lost, and
 * with AbortError when the signal says so.
 */
export function openSocketStream(
  address: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | undefined> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = new WebSocket(address.replace(/^http/, 'ws'))
    socket.binaryType = 'arraybuffer'
    const over = new AbortController()
    const on = { signal: over.signal }
    let accepted = false
    function end() {
      over.abort()
      socket.close()
    }

    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        function fail(error: unknown) {
          end()
          controller.error(error)
          reject(error)
        }
        function onClose({ wasClean }: CloseEvent) {
          if (accepted && !wasClean) return fail(lost())
          end()
          controller.close()
          resolve(undefined)
        }
        socket.addEventListener('message', ({ data }) => controller.enqueue(toBytes(data)), on)
        socket.addEventListener('close', onClose, on)
        signal.addEventListener('abort', () => fail(signal.reason), on)
      },
      cancel: end,
    })
    socket.addEventListener(
      'open',
      () => {
        accepted = true
        resolve(stream)
      },
      on,
    )
  })
}

function toBytes(data: unknown): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : encoder.encode(`${String(data)}\n`)
}

function lost(): ApiError {
  return new ApiError({ code: 0, reason: 'Unreachable', message: 'The connection to Coxswain was lost.' })
}
