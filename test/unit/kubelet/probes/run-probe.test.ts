import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, createServerCertificate } from '../../../../src-main/api/auth/certificates.ts'
import { EngineError, type Engine, type EngineContainer } from '../../../../src-main/engine/engine.ts'
import type { Probe, ProbeResult } from '../../../../src-main/kubelet/probes/result.ts'
import { runProbe } from '../../../../src-main/kubelet/probes/run-probe.ts'
import { systemClock } from '../../../../src-main/lib/clock.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'
import { container, engineContainer } from '../pods.ts'

const seen: IncomingMessage[] = []
const ports: Record<'http' | 'https' | 'silent' | 'grpc', number> = { http: 0, https: 0, silent: 0, grpc: 0 }
const closers: (() => void)[] = []

function answer(request: IncomingMessage, response: ServerResponse): void {
  seen.push(request)
  const [, what = '', to = ''] = (request.url ?? '').split(/[/?]/)
  if (what === 'status') response.writeHead(Number(to)).end('words')
  else if (what === 'here') response.writeHead(302, { location: `/status/${to}` }).end()
  else if (what === 'there') response.writeHead(302, { location: 'http://elsewhere.example.com/' }).end()
  else if (what === 'loop') response.writeHead(302, { location: '/loop' }).end()
  else if (what === 'cut') request.socket.destroy()
  else if (what === 'big') response.end('x'.repeat(100_000))
  else if (what !== 'never') response.end('fine')
}

/** HealthCheckResponse by the service's name: `ok`, `down`, and `none` for a server that does not know the call. */
function grpcServer() {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    let request = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => (request = Buffer.concat([request, chunk])))
    stream.on('end', () => {
      const service = request.subarray(7).toString()
      const known = headers[':path'] === '/grpc.health.v1.Health/Check' && service !== 'none'
      if (!known) {
        stream.respond(
          { ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown' },
          { endStream: true },
        )
        return
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, service === 'down' ? 2 : 1]))
    })
  })
  return server
}

beforeAll(async () => {
  const { certificate: cert, key } = await createServerCertificate(
    await createAuthority(Date.now()),
    Date.now(),
  )
  const servers = {
    http: createHttpServer(answer),
    https: createHttpsServer({ cert, key }, answer),
    silent: net.createServer(socket => socket.on('error', () => undefined)),
    grpc: grpcServer(),
  }
  for (const [name, server] of Object.entries(servers)) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports[name as keyof typeof ports] = (server.address() as AddressInfo).port
    closers.push(() => server.close())
  }
})
afterAll(() => closers.forEach(close => close()))

interface Answers {
  inspect?: () => Promise<EngineContainer | undefined>
  exec?: (command: string[]) => Promise<number>
  dial?: Engine['dial']
}

function dialHere(host: string, port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port })
    socket.once('connect', () => resolve(socket))
    socket.once('error', error => reject(new EngineError('refused', 'nobody there', error)))
  })
}

/** As much of an engine as probes use. */
function engine({ inspect, exec, dial = dialHere }: Answers = {}): Engine {
  const some: Pick<Engine, 'dial' | 'inspectContainer' | 'exec'> = {
    dial,
    inspectContainer: inspect ?? (() => Promise.resolve(engineContainer('web'))),
    async exec(_id, { command }) {
      const stdout = new PassThrough()
      const stderr = new PassThrough()
      stdout.end(`said ${command.join(' ')}\n`)
      stderr.end()
      const exitCode = exec?.(command) ?? Promise.resolve(0)
      return Promise.resolve({
        stdout,
        stderr,
        resize: () => Promise.resolve(),
        exitCode: () => exitCode,
        close: () => undefined,
      })
    },
  }
  return some as Engine
}

function probe(of: Probe, answers?: Answers, clock = systemClock): Promise<ProbeResult> {
  const spec = container({ ports: [{ name: 'web', containerPort: ports.http }] })
  const target = { engine: engine(answers), containerId: 'id-web', container: spec, address: '127.0.0.1' }
  return runProbe(target, { timeoutSeconds: 5, ...of }, clock)
}

const get = (path: string, more: object = {}): Probe => ({ httpGet: { port: ports.http, path, ...more } })

describe('an HTTP probe', () => {
  it.each<[string, string, ProbeResult['outcome'], RegExp]>([
    ['200', '/', 'success', /^$/],
    ['204', '/status/204', 'success', /^$/],
    ['399', '/status/399', 'success', /^$/],
    ['400', '/status/400', 'failure', /^HTTP probe failed with statuscode: 400$/],
    ['503', '/status/503', 'failure', /^HTTP probe failed with statuscode: 503$/],
    ['a redirect to a good page', '/here/200', 'success', /^$/],
    ['a redirect to a bad page', '/here/500', 'failure', /statuscode: 500/],
    ['a redirect to another host', '/there', 'success', /^$/],
    ['a redirect without end', '/loop', 'failure', /stopped after 10 redirects/],
    ['a connection that is cut', '/cut', 'failure', /Get "http:.*EOF/],
    ['a path without its slash', 'status/503', 'failure', /statuscode: 503/],
    ['a query', '/status/200?full=1', 'success', /^$/],
  ])('takes %s', async (_name, path, outcome, message) => {
    const result = await probe(get(path))
    expect(result).toEqual({ outcome, message: expect.stringMatching(message) as string })
  })

  it('names itself as a kubelet, and sends what the manifest says', async () => {
    seen.length = 0
    const httpHeaders = [
      { name: 'X-Test', value: 'yes' },
      { name: 'Host', value: 'shop.example.com' },
      { name: 'Accept', value: '' },
    ]
    await probe(get('/', { httpHeaders }))
    const { headers } = seen[0] ?? {}
    expect(headers).toMatchObject({ 'x-test': 'yes', host: 'shop.example.com', connection: 'close' })
    expect(headers?.['user-agent']).toMatch(/^kube-probe\/1\.\d+$/)
    expect(headers).not.toHaveProperty('accept')
  })

  it('waits for no more than the head of a long answer', async () => {
    expect((await probe(get('/big'))).outcome).toBe('success')
  })

  it('fails when what answers does not speak HTTP', async () => {
    const result = await probe({ httpGet: { port: ports.grpc, path: '/' } })
    expect(result.outcome).toBe('failure')
  })

  it('asks over TLS without looking at the certificate', async () => {
    const httpGet = { port: ports.https, path: '/', scheme: 'HTTPS' as const }
    expect(await probe({ httpGet })).toEqual({ outcome: 'success', message: '' })
  })

  it('finds a port by its name, and tells when there is no such name', async () => {
    expect((await probe({ httpGet: { port: 'web', path: '/' } })).outcome).toBe('success')
    const result = await probe({ httpGet: { port: 'admin', path: '/' } })
    expect(result).toEqual({ outcome: 'error', message: 'container web has no port named "admin"' })
  })

  it('fails when nothing listens', async () => {
    const refusing: Engine['dial'] = () => Promise.reject(new EngineError('refused', 'no'))
    expect(await probe(get('/'), { dial: refusing })).toEqual({
      outcome: 'failure',
      message: `dial tcp 127.0.0.1:${ports.http}: connect: connection refused`,
    })
  })
})

describe('a TCP probe', () => {
  it('is content with a connection', async () => {
    expect((await probe({ tcpSocket: { port: ports.silent } })).outcome).toBe('success')
    expect((await probe({ tcpSocket: { port: 1 } })).outcome).toBe('failure')
  })
})

describe('a gRPC probe', () => {
  it.each([
    ['ok', 'success', ''],
    ['', 'success', ''],
    ['down', 'failure', 'service unhealthy (responded with "NOT_SERVING")'],
    ['none', 'failure', 'this server does not implement the grpc health protocol'],
  ])('of service "%s" is a %s', async (service, outcome, words) => {
    const result = await probe({ grpc: { port: ports.grpc, service } })
    expect(result.outcome).toBe(outcome)
    expect(result.message).toContain(words)
  })

  it('fails on a server of another protocol', async () => {
    expect((await probe({ grpc: { port: ports.http } })).outcome).toBe('failure')
  })
})

describe('an exec probe', () => {
  it('goes by the exit code, and tells what the command said', async () => {
    const exec = { command: ['check', '-v'] }
    expect(await probe({ exec })).toEqual({ outcome: 'success', message: 'said check -v' })
    const failing = await probe({ exec }, { exec: () => Promise.resolve(3) })
    expect(failing).toEqual({ outcome: 'failure', message: 'said check -v' })
  })
})

describe('a probe that gets no answer', () => {
  const never = () => new Promise<never>(() => undefined)

  it.each<[string, () => Probe, Answers, RegExp]>([
    ['HTTP', () => get('/never'), {}, /no answer within 1s/],
    ['TCP', () => ({ tcpSocket: { port: 80 } }), { dial: never }, /no connection within 1s/],
    ['gRPC', () => ({ grpc: { port: ports.silent } }), {}, /health rpc did not complete within 1s/],
    ['exec', () => ({ exec: { command: ['sleep', '9'] } }), { exec: never }, /command "sleep 9" timed out after 1s/],
  ])('has failed after its timeout: %s', async (_name, of, answers, message) => {
    const clock = new ManualClock()
    const result = probe({ ...of(), timeoutSeconds: 1 }, answers, clock)
    await clock.advance(999)
    await clock.advance(1)
    expect(await result).toEqual({ outcome: 'failure', message: expect.stringMatching(message) as string })
  }) // prettier-ignore

  it.each<[string, Answers]>([
    ['the server cannot be asked', { inspect: () => Promise.reject(new EngineError('unreachable', 'gone')) }],
    ['the container has ended meanwhile', { inspect: () => Promise.resolve(engineContainer('web', { state: 'exited' })) }],
    ['the container is gone', { inspect: () => Promise.resolve(undefined) }],
  ])('has shown nothing when %s', async (_name, answers) => {
    expect((await probe(get('/cut'), answers)).outcome).toBe('unknown')
  }) // prettier-ignore

  it('has shown nothing when the server does not answer in time either', async () => {
    const clock = new ManualClock()
    const lost = () => Promise.reject(new EngineError('unreachable', 'gone'))
    const result = probe(get('/'), { dial: lost, inspect: never }, clock)
    await clock.advance(0)
    await clock.advance(1_000)
    expect((await result).outcome).toBe('unknown')
  })
})
