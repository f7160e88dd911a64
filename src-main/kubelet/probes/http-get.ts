import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { KUBERNETES_VERSION } from '../../api/discovery/version.ts'
import type { Engine } from '../../engine/engine.ts'
import { dial } from './dial.ts'
import { portOf, ProbeDoubt, type HttpGetAction, type ProbeTarget } from './result.ts'

export const MAX_REDIRECTS = 10
const MAX_HEAD_BYTES = 64 * 1024
const USER_AGENT = `kube-probe/${KUBERNETES_VERSION.replace(/^v(\d+\.\d+).*/, '$1')}`

export interface HttpAnswer {
  url: string
  /** 0: redirected without end. */
  status: number
}

/**
 * A GET from the pod's server, as a kubelet makes it: without verifying certificates, following redirects to the same
 * host and returning those to another one.
 * Source: kubernetes pkg/probe/http/http.go.
 * @throws ConnectionRefused, ProbeDoubt
 */
export async function httpGet(
  target: ProbeTarget,
  action: HttpGetAction,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const headers = headersOf(action)
  const first = urlOf(target, action)
  let url = first
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const { location, ...answer } = await getOnce(target.engine, { url, headers, signal })
    const next = answer.status >= 300 && answer.status < 400 ? resolveLocation(location, url) : undefined
    if (next?.hostname !== first.hostname) return answer
    url = next
  }
  return { url: url.href, status: 0 }
}

function urlOf({ container, address }: ProbeTarget, action: HttpGetAction): URL {
  const { scheme = 'HTTP', host = '', port, path = '/' } = action
  const name = host || address
  const authority = isIP(name) === 6 ? `[${name}]` : name
  const base = `${scheme.toLowerCase()}://${authority}:${portOf(container, port)}`
  return new URL(`${base}${path.startsWith('/') ? '' : '/'}${path}`)
}

function resolveLocation(location: string | undefined, from: URL): URL | undefined {
  if (location === undefined) return undefined
  try {
    const url = new URL(location, from)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
  } catch {
    return undefined // what cannot be followed counts as the answer that it is
  }
}

/** The manifest's headers; a name may stand there more than once, and an empty `Accept` or `User-Agent` sends none. */
function headersOf({ httpHeaders = [] }: HttpGetAction): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (const { name, value } of httpHeaders) (headers[name.toLowerCase()] ??= []).push(value ?? '')
  headers['user-agent'] ??= [USER_AGENT]
  headers.accept ??= ['*/*']
  for (const name of ['user-agent', 'accept']) if (headers[name]?.join('') === '') delete headers[name]
  return headers
}

interface OneGet {
  url: URL
  headers: Record<string, string[]>
  signal: AbortSignal
}

async function getOnce(engine: Engine, { url, headers, signal }: OneGet) {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const connection = await dial(engine, { host, port }, signal)
  try {
    const socket = url.protocol === 'https:' ? overTls(connection, host) : connection
    return { url: url.href, ...(await answerOn(socket, { url, headers, signal })) }
  } catch (error) {
    throw new ProbeDoubt(
      `Get "${url.href}": ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  } finally {
    connection.destroy()
  }
}

function overTls(connection: Duplex, host: string): Duplex {
  const servername = isIP(host) ? {} : { servername: host }
  return connectTls({ socket: connection, rejectUnauthorized: false, ...servername })
}

/**
 * Sends the request and reads the head of the answer, which is all that a probe looks at. By hand: a client that keeps
 * connections, streams bodies and parses trailers costs several times as much, and hundreds of pods are asked at once.
 */
function answerOn(socket: Duplex, { url, headers }: OneGet): Promise<Head> {
  const fields = Object.entries({ host: [url.host], ...headers, connection: ['close'] })
  const lines = fields.flatMap(([name, values]) => values.map(value => `${name}: ${value}`))
  if (lines.some(line => /[\r\n]/.test(line))) return Promise.reject(new Error('a header holds a line break'))
  return new Promise((resolve, reject) => {
    let text = ''
    const onEnd = () =>
      reject(
        new Error(
          text === '' ? 'the connection was closed without an answer (EOF)' : 'malformed HTTP response',
        ),
      )
    socket.on('error', reject).once('end', onEnd).once('close', onEnd)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      try {
        const head = headOf(text)
        if (head) resolve(head)
        else if (text.length > MAX_HEAD_BYTES) reject(new Error('the head of the answer does not end'))
      } catch (error) {
        reject(error as Error)
      }
    })
    socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  })
}

interface Head {
  status: number
  location?: string
}

/** Undefined while the head is not complete; an interim answer (1xx) is skipped. @throws Error when it is no HTTP */
function headOf(text: string): Head | undefined {
  const end = text.search(/\r?\n\r?\n/)
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split(/\r?\n/)
  const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/.exec(first)?.[1])
  if (Number.isNaN(status)) throw new Error(`malformed HTTP response "${first.slice(0, 80)}"`)
  if (status < 200 && status !== 101) return headOf(text.slice(end).replace(/^\r?\n\r?\n/, ''))
  const location = lines.find(line => /^location:/i.test(line))
  return { status, ...(location === undefined ? {} : { location: location.slice(9).trim() }) }
}
