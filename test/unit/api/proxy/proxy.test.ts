import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { loadIdentity } from '../../../../src-main/api/auth/identity.ts'
import { EndpointSliceKind } from '../../../../src-main/api/kinds/endpoint-slice.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { ServiceKind } from '../../../../src-main/api/kinds/service.ts'
import type { Pod } from '../../../../src-main/api/types.ts'
import { systemClock } from '../../../../src-main/lib/clock.ts'
import { StatusError } from '../../../../src-main/lib/errors.ts'
import { call, open } from '../http/call.ts'
import { serveApi, type ServedApi } from '../http/served-api.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

let api: ServedApi
let plain: Server
let secure: Server
const sockets = new WebSocketServer({ noServer: true })
const seen: Seen[] = []
const dialled: string[] = []

/** What runs in the pod. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request
  if (url === '/echo') return void request.pipe(response)
  if (url === '/breaks') {
    response.writeHead(200, { 'Content-Length': 100 }).write('half')
    setImmediate(() => response.destroy())
    return
  }
  let body = ''
  for await (const chunk of request) body += String(chunk)
  seen.push({ method, url, headers, body })
  if (url === '/moved') return void response.writeHead(302, { Location: '/there?a=1' }).end()
  response
    .writeHead(url === '/teapot' ? 418 : 200, { 'X-From': 'pod', 'Set-Cookie': ['a=1', 'b=2'] })
    .end(`at ${url}`)
}

const listen = async (server: Server) => {
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/refuses') socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    else
      sockets.handleUpgrade(request, socket, head, client =>
        client.on('message', data => client.send(`pod: ${String(data)}`)),
      )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

beforeAll(async () => {
  api = await serveApi({
    streams: {
      logs: async () => Readable.from([]),
      async portForward({ metadata }: Pod, port) {
        dialled.push(`${metadata.name}:${port}`)
        if (port === 81) throw new StatusError('ServiceUnavailable', 'connection refused')
        const socket = connect(portOf(port === 443 ? secure : plain), '127.0.0.1')
        await once(socket, 'connect')
        return socket
      },
    },
  })
  const { server } = await loadIdentity(join(api.folder, 'pod'), systemClock)
  plain = createServer(answer)
  secure = createTlsServer({ cert: server.certificate, key: server.key }, answer)
  await Promise.all([listen(plain), listen(secure)])
  const { registry } = api
  for (const name of ['one', 'two', 'waiting']) {
    const key = { name, namespace: 'default' }
    const containers = [{ name: 'main', image: 'web:1', ports: [{ containerPort: 8080 }] }]
    await registry.create(PodKind, { metadata: key, spec: { containers } })
    if (name === 'waiting') continue
    await registry.modify(PodKind, key, draft => void (draft.spec.nodeName = 'n1'))
    await registry.modifyStatus(PodKind, key, draft => void (draft.status = { phase: 'Running' }))
  }
  const service = async (name: string, ports: { name?: string; port: number }[]) =>
    registry.create(ServiceKind, { metadata: { name, namespace: 'default' }, spec: { ports } })
  await service('web', [
    { name: 'http', port: 80 },
    { name: 'admin', port: 9000 },
  ])
  await service('empty', [{ port: 80 }])
  await registry.create(EndpointSliceKind, {
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [
      { name: 'http', port: 8080 },
      { name: 'admin', port: 9001 },
    ],
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'one' } },
      { addresses: ['10.0.0.2'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'two' } },
    ],
  })
})
afterAll(async () => {
  await api.stop()
  for (const server of [plain, secure]) {
    server.closeAllConnections()
    server.close()
  }
})

const base = '/api/v1/namespaces/default'
const status = (reply: { json<T>(): T }) => reply.json<{ reason: string; message: string; code: number }>()

describe('pods/proxy and services/proxy', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'passes %s on as it came, and the answer back',
    async method => {
      seen.length = 0
      const body = method === 'GET' ? undefined : 'words'
      const { code, text, headers } = await call(api, `${base}/pods/one/proxy/a%2Fb/?q=%20x&y`, {
        method,
        body,
        // node's client says no length with a DELETE by itself
        headers: body === undefined ? {} : { 'Content-Length': String(body.length) },
      })
      expect([code, text, headers['x-from']]).toEqual([200, 'at /a%2Fb/?q=%20x&y', 'pod'])
      expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
      expect(seen).toMatchObject([{ method, url: '/a%2Fb/?q=%20x&y', body: body ?? '' }])
    },
  )

  it('tells the pod where it stands, and nothing by which the client has proved itself', async () => {
    seen.length = 0
    const headers = { Cookie: 'theme=dark; coxswain-4711=secret', 'X-Mine': 'kept' }
    await call(api, `${base}/services/web:http/proxy/`, { headers })
    expect(seen[0]?.headers).toMatchObject({
      cookie: 'theme=dark',
      'x-mine': 'kept',
      'x-forwarded-uri': `${base}/services/web%3Ahttp/proxy`,
      'x-forwarded-proto': 'https',
    })
    expect(seen[0]?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['pods/one', 'one:8080'],
    ['pods/one:9090', 'one:9090'],
    ['pods/https:two:443', 'two:443'],
    ['services/web', 'one:8080'],
    ['services/web:80', 'one:8080'],
    ['services/web:admin', 'one:9001'],
    ['services/http:web:9000', 'one:9001'],
  ])('reaches with %s what it names', async (resource, where) => {
    dialled.length = 0
    expect((await call(api, `${base}/${resource}/proxy/x`)).text).toBe('at /x')
    expect(dialled).toEqual([where])
  })

  it('lets the status of the pod through, and leads its redirections through the proxy', async () => {
    expect((await call(api, `${base}/pods/one/proxy/teapot`)).code).toBe(418)
    const { code, headers } = await call(api, `${base}/pods/one/proxy/moved`)
    expect([code, headers.location]).toEqual([302, `${base}/pods/one/proxy/there?a=1`])
    const bare = await call(api, `${base}/pods/one/proxy?a=1`)
    expect([bare.code, bare.headers.location]).toEqual([301, `${base}/pods/one/proxy/?a=1`])
  })

  it('streams both ways: the answer begins before the request has ended', async () => {
    const body = new PassThrough()
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      open(api, `${base}/pods/one/proxy/echo`, { method: 'POST', stream: body }).then(resolve, reject)
      body.write('first')
    })
    const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    expect(String((await chunks.next()).value)).toBe('first')
    body.end('second')
    expect(String((await chunks.next()).value)).toBe('second')
    expect((await chunks.next()).done).toBe(true)
  })

  it('breaks off where the pod breaks off', async () => {
    await expect(call(api, `${base}/pods/one/proxy/breaks`)).rejects.toThrow('aborted')
  })

  it.each([
    ['pods/none', 404, 'NotFound', 'pods "none" not found'],
    ['services/none:80', 404, 'NotFound', 'services "none" not found'],
    ['pods/waiting', 503, 'ServiceUnavailable', 'pod waiting is not running'],
    ['pods/one:81', 503, 'ServiceUnavailable', 'error trying to reach service: connection refused'],
    ['pods/one:word', 400, 'BadRequest', 'invalid port "word"'],
    ['pods/ftp:one:80', 400, 'BadRequest', 'the scheme must be http or https'],
    ['pods/a:b:c:d', 400, 'BadRequest', 'invalid proxy request'],
    ['services/empty', 503, 'ServiceUnavailable', 'no endpoints available for service "empty"'],
    ['services/web:81', 503, 'ServiceUnavailable', 'no service port "81" found for service "web"'],
  ])('refuses %s with %d %s', async (resource, code, reason, words) => {
    const reply = await call(api, `${base}/${resource}/proxy/x`, { method: 'POST', body: 'lost' })
    expect(status(reply)).toMatchObject({ code, reason })
    expect(status(reply).message).toContain(words)
  })

  it('refuses a node in words', async () => {
    const reply = await call(api, '/api/v1/nodes/n1/proxy/pods')
    expect(status(reply)).toMatchObject({ code: 405 })
    expect(status(reply).message).toContain('no kubelet listens on a server')
  })

  it("does not serve strangers' pages to whoever holds the window's cookie", async () => {
    const entered = await call(api, new URL(api.server.windowAddress()).search.replace(/^/, '/'), {
      window: true,
      anonymous: true,
    })
    const cookie = String(entered.headers['set-cookie']).split(';')[0] ?? ''
    const reply = await call(api, `${base}/pods/one/proxy/`, {
      window: true,
      anonymous: true,
      headers: { Cookie: cookie },
    })
    expect(status(reply)).toMatchObject({ code: 403 })
    expect(status(reply).message).toContain('kubectl port-forward')
  })
})

describe('an upgrade through the proxy', () => {
  const socket = (path: string) =>
    new WebSocket(`${api.tls.replace(/^http/, 'ws')}${base}${path}`, {
      headers: { Authorization: `Bearer ${api.token}` },
      ca: api.authority,
    })

  it.each(['pods/one:8080', 'services/web:http', 'pods/https:one:443'])(
    'speaks WebSocket with %s',
    async resource => {
      const client = socket(`/${resource}/proxy/chat`)
      await once(client, 'open')
      client.send('hello')
      expect(String((await once(client, 'message'))[0])).toBe('pod: hello')
      client.close()
      await once(client, 'close')
    },
  )

  it.each([
    ['/pods/one/proxy/refuses', 403],
    ['/pods/one:81/proxy/chat', 503],
    ['/services/empty/proxy/chat', 503],
  ])('refuses %s with %d', async (path, code) => {
    const client = socket(path)
    client.on('error', () => undefined)
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(code)
    client.terminate()
  })
})
