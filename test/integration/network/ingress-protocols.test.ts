/**
 * What a client of an Ingress may speak over TLS, each with a client that knows it: curl, Node's HTTP/2, Chromium for
 * HTTP/3. Behind the Ingress is this process, at a Service without a selector, so that it sees what arrives.
 */
import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  connect,
  createServer as createHttp2Server,
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { AddressInfo, LookupFunction } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { certificateFor } from '../../certificate.ts'
import { startBrowser } from '../../e2e/support/browser.ts'
import { lab, waitFor } from '../lab.ts'
import { waitForReadyNodes } from '../support/cluster.ts'
import { createCox, type Cox } from '../support/cox.ts'
import { certificateSecret, serverManifest } from '../support/manifests.ts'

const run = promisify(execFile)
const HOST = 'secure.example.org'
const GRPC_HOST = 'grpc.example.org'
const NGINX = 'nginx.ingress.kubernetes.io/'
const BIG = 'x'.repeat(1_000_000)
const { certificate, key } = certificateFor(HOST, GRPC_HOST)

let cox: Cox
let web: Server
let grpc: Http2Server
let address: string
/** An answer that has begun, to be ended by the test. */
let held: ServerResponse | undefined

const trusted = () => join(cox.dataDir, 'trusted.crt')

beforeAll(async () => {
  address = lab.env.host(1)
  web = createServer(echoRequest)
  grpc = createHttp2Server()
  new WebSocketServer({ server: web }).on('connection', socket =>
    socket.on('message', data => socket.send(data as Buffer, { binary: false })),
  )
  // as a method of gRPC that streams both ways: an answer to each message, and the status after the last one
  grpc.on('stream', stream => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.pipe(stream)
  })
  await Promise.all([web, grpc].map(server => once(server.listen(0), 'listening')))
  await lab.reset(1)
  cox = await createCox()
  await writeFile(trusted(), certificate)
  await cox.apply(
    [
      serverManifest(lab.env, 1),
      serviceHere('web', web),
      serviceHere('grpc', grpc),
      certificateSecret({ certificate, key }),
      ingress('web', HOST, {}),
      ingress('grpc', GRPC_HOST, { [`${NGINX}backend-protocol`]: 'GRPC' }),
    ].join('---\n'),
  )
  await waitForReadyNodes(cox, 1)
  await waitFor('the ingress', async () => (await curl('-o', '/dev/null', '-w', '%{http_code}')) === '200')
})

afterAll(async () => {
  await cox?.dispose()
  web?.close().closeAllConnections()
  grpc?.close()
})

/** A Service of which this process is the endpoint. */
const serviceHere = (name: string, server: Server | Http2Server) => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: ['${lab.env.host(254)}']}]
ports: [{name: http, port: ${(server.address() as AddressInfo).port}}]
`

const ingress = (name: string, host: string, annotations: object) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, annotations: ${JSON.stringify(annotations)}}
spec:
  tls: [{hosts: [${host}], secretName: cert}]
  rules:
    - host: ${host}
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}, port: {name: http}}}}]}
`

/** Answers with the method, what the ingress says about the client's request, and the length of its body. */
async function echoRequest(request: IncomingMessage, response: ServerResponse) {
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  const { 'x-forwarded-proto': scheme, 'x-forwarded-host': host, host: to } = request.headers
  const { method, url } = request
  if (url === '/held') (held = response).write('begun, ')
  else if (url === '/big') response.end(BIG)
  else response.end(JSON.stringify({ method, url, scheme, host, to, bytes }))
}

const answerTo = (method: string, url: string, bytes: number) => ({
  method,
  url,
  scheme: 'https',
  host: HOST,
  to: HOST,
  bytes,
})

/** Every name is the server's. */
const lookup: LookupFunction = (_host, _options, done) => done(null, [{ address, family: 4 }])

/** curl, which trusts the certificate of the Secret and nothing else. */
async function curl(...args: string[]): Promise<string> {
  const there = ['--cacert', trusted(), '--resolve', `${HOST}:443:${address}`]
  return (await run('curl', ['-sS', '--max-time', '10', ...there, ...args, `https://${HOST}/path?a=b`]))
    .stdout
}

describe.each([
  ['HTTP/1.1', '--http1.1', '1.1'],
  ['HTTP/2', '--http2', '2'],
])('%s', (_, option, version) => {
  it('is answered with the certificate of the Secret, and HTTP/3 is offered', async () => {
    const [head = '', body = ''] = (await curl(option, '-i')).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/${version.replace('.', '\\.')} 200`))
    expect(head).toMatch(/^alt-svc: h3=":443"/im)
    expect(JSON.parse(body)).toEqual(answerTo('GET', '/path?a=b', 0))
  })
})

describe('HTTP/3', () => {
  let browser: Browser
  let page: Page
  const seen: {
    url: string
    protocol?: string
    securityDetails?: { protocol: string; sanList: string[] }
  }[] = []

  /** Chromium, which speaks nothing but QUIC to the host and takes no certificate but the Secret's. */
  beforeAll(async () => {
    const publicKey = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
    browser = await startBrowser([
      `--host-resolver-rules=MAP ${HOST} ${address}`,
      `--origin-to-force-quic-on=${HOST}:443`,
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`,
    ])
    page = await openPage()
  })

  afterAll(() => browser?.close())

  /** With connections of its own, and a record of all that it is answered. */
  async function openPage(): Promise<Page> {
    const opened = await browser.newPage()
    const network = await opened.context().newCDPSession(opened)
    // an icon is asked for whenever the browser likes
    network.on('Network.responseReceived', ({ response }) => {
      if (!response.url.endsWith('/favicon.ico')) seen.push(response)
    })
    await network.send('Network.enable')
    return opened
  }

  it('is answered with the certificate of the Secret', async () => {
    const response = await waitFor('an answer', () => page.goto(`https://${HOST}/path?a=b`))
    expect(await response.json()).toEqual(answerTo('GET', '/path?a=b', 0))
    expect(seen.at(-1)).toMatchObject({
      url: `https://${HOST}/path?a=b`,
      protocol: 'h3',
      securityDetails: { protocol: 'QUIC', sanList: [HOST, GRPC_HOST] },
    })
  })

  it('carries many requests at once, and big ones both ways', async () => {
    const answers = await page.evaluate(async big => {
      const text = (path: string, body?: string) =>
        fetch(path, body === undefined ? {} : { method: 'POST', body }).then(response => response.text())
      const many = Array.from({ length: 50 }, (_, n) => text(`/${n}`))
      const [up, down, ...small] = await Promise.all([text('/up', big), text('/big'), ...many])
      return { up, down: down === big, small }
    }, BIG)
    expect(JSON.parse(answers.up ?? '')).toEqual(answerTo('POST', '/up', BIG.length))
    expect(answers.down).toBe(true)
    expect(answers.small.map(text => JSON.parse(text) as unknown)).toEqual(
      Array.from({ length: 50 }, (_, n) => answerTo('GET', `/${n}`, 0)),
    )
    expect(new Set(seen.map(({ protocol }) => protocol))).toEqual(new Set(['h3']))
    expect(seen.length).toBe(53)
  })

  it('goes on with an answer and its connection while the Ingress changes, and others get the change', async () => {
    const fetchText = (path: string) => page.evaluate(at => fetch(at).then(response => response.text()), path)
    const answer = fetchText('/held')
    await waitFor('its beginning', () => held)
    await cox.apply(ingress('web', HOST, { [`${NGINX}upstream-vhost`]: 'changed' }))
    await waitFor('the change', async () => (await curl()).includes('"to":"changed"'))
    held?.end('ended')
    expect(await answer).toBe('begun, ended')
    // it is told to leave, which a browser does that may speak something else
    expect(JSON.parse(await fetchText('/after'))).toMatchObject({ method: 'GET', url: '/after' })
    const other = await openPage()
    const response = await other.goto(`https://${HOST}/path?a=b`)
    expect(await response?.json()).toEqual({ ...answerTo('GET', '/path?a=b', 0), to: 'changed' })
    expect(new Set(seen.map(({ protocol }) => protocol))).toEqual(new Set(['h3']))
  })
})

it('a WebSocket is opened over TLS', async () => {
  const socket = new WebSocket(`wss://${HOST}/`, { ca: certificate, lookup })
  await once(socket, 'open')
  for (const text of ['hello', BIG]) {
    socket.send(text)
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(data.toString() === text).toBe(true)
  }
  socket.close()
})

it('a call as gRPC makes it streams both ways, and has its status after the last message', async () => {
  const session = connect(`https://${GRPC_HOST}`, { ca: certificate, lookup })
  try {
    const call: ClientHttp2Stream = session.request({
      ':method': 'POST',
      ':path': '/talk.Talk/Echo',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const [headers] = (await once(call, 'response')) as [IncomingHttpHeaders]
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' })
    for (const message of ['first', 'second']) {
      call.write(message)
      // the answer comes before the next message is sent
      const [data] = (await once(call, 'data')) as [Buffer]
      expect(data.toString()).toBe(message)
    }
    const trailers = once(call, 'trailers')
    call.end()
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' })
  } finally {
    session.destroy()
  }
})
