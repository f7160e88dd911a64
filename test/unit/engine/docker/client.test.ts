import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalEngine } from '../../../../src-main/engine/docker/docker-engine.ts'
import type { Engine } from '../../../../src-main/engine/engine.ts'
import { silentLogger } from '../../../../src-main/lib/logger.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'

let folder: string
let server: http.Server
let engine: Engine
let clock: ManualClock
let version: { ApiVersion: string; MinAPIVersion: string; Version: string }
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void
let paths: string[]

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coxswain-docker-'))
  version = { ApiVersion: '1.43', MinAPIVersion: '1.12', Version: '24.0.7' }
  paths = []
  answer = (_request, response) => response.end('[]')
  server = http.createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    if (request.url === '/version') response.end(JSON.stringify(version))
    else answer(request, response)
  })
  const socketPath = path.join(folder, 'docker.sock')
  await once(server.listen(socketPath), 'listening')
  clock = new ManualClock()
  engine = createLocalEngine({ socketPath, logger: silentLogger, clock })
})
afterEach(async () => {
  engine.close()
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a Docker engine', () => {
  it('is asked for its version once, and then in its version', async () => {
    await Promise.all([engine.listContainers({ a: 'b' }), engine.listContainers({})])
    expect(paths.filter(line => line === 'GET /version')).toHaveLength(1)
    const filters = encodeURIComponent(JSON.stringify({ label: ['a=b'] }))
    expect(paths).toContain(`GET /v1.43/containers/json?all=true&filters=${filters}`)
  })

  it('that is too old is refused with what is needed, and asked again later', async () => {
    version = { ...version, ApiVersion: '1.40', Version: '19.03' }
    await expect(engine.info()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('20.10'),
    })
    version = { ...version, ApiVersion: '1.41', Version: '20.10' }
    expect(await engine.listContainers({})).toEqual([])
  })

  it('that was replaced by another version is negotiated with anew', async () => {
    await engine.listContainers({})
    answer = (_request, response) => {
      response.statusCode = 400
      response.end(
        JSON.stringify({ message: 'client version 1.43 is too old. Minimum supported API version is 1.44' }),
      )
    }
    await expect(engine.listContainers({})).rejects.toMatchObject({ code: 'unsupported' })
    version = { ...version, ApiVersion: '1.52', MinAPIVersion: '1.44' }
    answer = (_request, response) => response.end('[]')
    await engine.listContainers({})
    expect(paths.at(-1)).toMatch(/^GET \/v1\.52\//)
  })

  it('that never answers costs a bounded time', async () => {
    await engine.listContainers({})
    const asked = new Promise<void>(resolve => (answer = () => resolve()))
    const listing = engine.listContainers({})
    listing.catch(() => undefined)
    await asked
    await clock.advance(30_000)
    await expect(listing).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('30 s') })
  })

  it('that never begins a stream costs a bounded time, and a stream may then last', async () => {
    await engine.listContainers({})
    const asked = new Promise<void>(resolve => (answer = () => resolve()))
    const opening = engine.containerLogs('f00', { follow: true, tty: true })
    opening.catch(() => undefined)
    await asked
    await clock.advance(30_000)
    await expect(opening).rejects.toMatchObject({ code: 'timeout' })

    let response: http.ServerResponse | undefined
    answer = (_request, outgoing) => {
      response = outgoing
      outgoing.write('one')
    }
    const logs = await engine.containerLogs('f00', { follow: true, tty: true })
    await clock.advance(3_600_000)
    response?.end('two')
    const chunks: string[] = []
    for await (const chunk of logs) chunks.push(chunk.data.toString())
    expect(chunks.join('')).toBe('onetwo')
  })

  it('that goes away in the middle of an answer is unreachable', async () => {
    await engine.listContainers({})
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('[', () => response.destroy())
    }
    await expect(engine.listContainers({})).rejects.toMatchObject({ code: 'unreachable' })
    answer = (request, response) => {
      request.socket.destroy()
      response.destroy()
    }
    await expect(engine.listContainers({})).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('tells a failure at the end of a pull', async () => {
    answer = (_request, response) => {
      response.write('{"status":"Pulling from web"}\r\n{"status":"Downl')
      response.end(
        'oading"}\r\n{"errorDetail":{"message":"unauthorized: authentication required"},"error":"x"}\r\n',
      )
    }
    await expect(engine.pullImage('web:1')).rejects.toMatchObject({ code: 'registry-unauthorized' })
    expect(paths.at(-1)).toBe('POST /v1.43/images/create?fromImage=web&tag=1')
  })

  it('sends the registry its password in a header', async () => {
    let header: string | undefined
    answer = (request, response) => {
      header ??= String(request.headers['x-registry-auth'])
      response.end('{"Id":"sha256:1"}')
    }
    const auth = { username: 'sailor', password: 'ahoy', serverAddress: 'reg:5000' }
    await engine.pullImage('reg:5000/web:1', { auth })
    const sent = JSON.parse(Buffer.from(header ?? '', 'base64url').toString()) as unknown
    expect(sent).toEqual({ username: 'sailor', password: 'ahoy', serveraddress: 'reg:5000' })
  })

  it('ends its events with an error when the stream ends', async () => {
    answer = (request, response) => {
      if (request.url?.includes('/info')) response.end('{"SystemTime":"2026-01-01T00:00:10.5Z"}')
      else response.end('{"Type":"container","Action":"start","Actor":{"ID":"f00"},"time":1}\n')
    }
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of engine.events(new AbortController().signal)) seen.push(event.id)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' })
    expect(seen).toEqual(['f00'])
    expect(paths.at(-1)).toContain(`since=${(Date.UTC(2026, 0, 1, 0, 0, 8) / 1000 + 0.5).toFixed(3)}`)
  })
})
