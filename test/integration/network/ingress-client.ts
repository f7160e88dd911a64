import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { startBrowser } from '../../e2e/support/browser.ts'
import { lab } from '../lab.ts'

const run = promisify(execFile)

/** curl at one server, which need not be known by the host's name. */
export async function curl(n: number, url: string, ...args: string[]): Promise<string> {
  const { hostname } = new URL(url)
  const resolve = [80, 443].flatMap(port => ['--resolve', `${hostname}:${port}:${lab.env.host(n)}`])
  return (await run('curl', ['-sS', '-k', '--max-time', '5', ...resolve, ...args, url])).stdout
}

/** The version of the lab's web application that answers. */
export async function versionAt(n: number, url: string): Promise<string> {
  return (JSON.parse(await curl(n, url)) as { version: string }).version
}

export function certificateAt(n: number, host: string): Promise<X509Certificate | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: lab.env.host(n), port: 443, servername: host, rejectUnauthorized: false })
    socket.once('error', reject).once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate())
      socket.destroy()
    })
  })
}

/** A WebSocket to the pod `ECHO`, which has answered. */
export async function openSocket(n: number, scheme: 'ws' | 'wss' = 'ws'): Promise<WebSocket> {
  const host = 'echo.example.org'
  // which the types do not have
  const options = { headers: { host }, servername: host, rejectUnauthorized: false }
  const socket = new WebSocket(`${scheme}://${lab.env.host(n)}/`, options)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const answer = await echo(socket, 'hello')
  if (answer !== 'hello') throw new Error(`the answer to hello was ${answer}`)
  return socket
}

export function echo(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) reject(new Error('the socket is closed'))
    socket.once('message', data => resolve((data as Buffer).toString())).once('close', reject)
    socket.send(text)
  })
}

/** An answer of the pod `ECHO` that goes on. */
export interface Download {
  bytes(): number
  /** Rejects if it breaks off. */
  finished: Promise<unknown>
}

export async function download(n: number): Promise<Download> {
  const options = { host: lab.env.host(n), headers: { host: 'echo.example.org' }, agent: false as const }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  let bytes = 0
  response.on('data', (data: Buffer) => (bytes += data.length))
  return { bytes: () => bytes, finished: settled(once(response, 'end')) }
}

export function downloadHttp2(session: ClientHttp2Session): Download {
  const stream = session.request({ ':path': '/' })
  let bytes = 0
  stream.on('data', (data: Buffer) => (bytes += data.length))
  const finished = once(stream, 'close').then(() => {
    if (stream.rstCode !== 0) throw new Error(`the stream was reset: ${stream.rstCode}`)
  })
  return { bytes: () => bytes, finished: settled(finished) }
}

/** A Chromium that goes from HTTPS to HTTP/3, although it knows no authority of the certificate. */
export function startBrowserFor(n: number, host: string, certificate: string): Promise<Browser> {
  const publicKey = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return startBrowser([
    `--host-resolver-rules=MAP ${host} ${lab.env.host(n)}`,
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`,
    // with HTTP/3 that is for the names of forced hosts only, and nothing is forced, for the port is another one
    `--origin-to-force-quic-on=${host}:1`,
  ])
}

/** @returns how many bytes of it have come; infinitely many once it ended well */
export async function downloadIn(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(async () => {
    const { body } = await fetch('/')
    const state = globalThis as unknown as { bytes: number }
    state.bytes = 0
    const count = new WritableStream({
      write(chunk: Uint8Array) {
        state.bytes += chunk.length
      },
      close() {
        state.bytes = Infinity
      },
    })
    void body?.pipeTo(count)
  })
  return () => page.evaluate(() => (globalThis as unknown as { bytes: number }).bytes)
}

/** Nobody waits for it before the test's end. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
