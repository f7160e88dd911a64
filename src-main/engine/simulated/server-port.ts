import { Duplex } from 'node:stream'
import type { SimulatedContainer } from './container.ts'

/**
 * The far end of a connection to a simulated container: it answers each HTTP/1.1 request with its status and its name,
 * which is what probes and port-forwards need to see something.
 */
export function serverPort(container: SimulatedContainer): Duplex {
  const unwatch = container.onChange(() => {
    if (!container.running) port.destroy()
  })
  let request = ''
  const port = new Duplex({
    read() {
      // answers are pushed as requests come
    },
    write(bytes: Buffer, _encoding, done) {
      request += bytes.toString('latin1')
      for (let end = request.indexOf('\r\n\r\n'); end >= 0; end = request.indexOf('\r\n\r\n')) {
        request = request.slice(end + 4)
        const body = `${container.name}\n`
        const head = `HTTP/1.1 ${container.behaviour.httpStatus} Simulated\r\ncontent-type: text/plain\r\n`
        port.push(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      }
      done()
    },
    final(done) {
      port.push(null)
      done()
    },
    destroy(error, done) {
      unwatch()
      done(error)
    },
  })
  return port
}
