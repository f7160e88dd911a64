import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
let folder: string
let port: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'renderer-'))
  await mkdir(join(folder, 'dist', 'assets'), { recursive: true })
  await writeFile(join(folder, 'dist', 'index.html'), '<!doctype html><title>Coxswain</title>')
  await writeFile(join(folder, 'dist', 'assets', 'app-1.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await symlink(join(folder, 'secret.txt'), join(folder, 'dist', 'link.txt'))
  api = await serveApi({ rendererDir: join(folder, 'dist') })
  port = new URL(api.window).port
})
afterAll(async () => {
  await api.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Opens a one-time address, as a browser does, and gives the cookie. */
async function enter(): Promise<string> {
  const { pathname, search } = new URL(api.server.windowAddress())
  const reply = await call(api, pathname + search, { window: true, anonymous: true })
  expect(reply).toMatchObject({ code: 303, headers: { location: '/' } })
  const cookie = reply.headers['set-cookie']?.[0] ?? ''
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
  return cookie.split(';')[0] ?? ''
}

describe('without credentials', () => {
  it.each(['/healthz', '/livez', '/readyz', '/version'])('%s answers', async path => {
    for (const window of [false, true]) {
      expect((await call(api, path, { window, anonymous: true })).code).toBe(200)
    }
  })

  it.each([
    '/',
    '/api',
    '/apis',
    '/api/v1/pods',
    '/openapi/v2',
    '/index.html',
    '/assets/app-1.js',
    '/nowhere',
  ])('%s does not', async path => {
    for (const window of [false, true]) {
      const reply = await call(api, path, { window, anonymous: true })
      expect(reply.code).toBe(401)
      expect(reply.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized' })
    }
  })

  it.each(['Bearer wrong', 'Bearer ', 'Basic YTpi', 'Bearer ' + 'x'.repeat(5000)])(
    'nor with Authorization "%.20s"',
    async authorization => {
      const headers = { Authorization: authorization }
      expect((await call(api, '/api', { anonymous: true, headers })).code).toBe(401)
    },
  )
})

it('over TLS a program of this computer, such as Headlamp, may speak for its own page; the window knows its own alone', async () => {
  const asked = { method: 'POST', body: { metadata: { generateName: 'from-a-program-' } } }
  const path = '/api/v1/namespaces/default/configmaps'
  for (const Origin of ['http://localhost:4466', 'http://[::1]:4466', 'file://', 'null']) {
    const headers = { Origin }
    expect((await call(api, path, { ...asked, headers })).code).toBe(201)
    expect((await call(api, path, { ...asked, headers, anonymous: true })).code).toBe(401)
    expect((await call(api, path, { ...asked, headers, window: true })).code).toBe(403)
  }
  for (const Origin of ['https://evil.example', 'http://localhost.evil.example:4466', 'evil', '']) {
    expect((await call(api, path, { ...asked, headers: { Origin } })).code).toBe(403)
  }
})

it('no page of another site is permitted by a browser to send the token', async () => {
  const headers = {
    Origin: 'https://evil.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type',
  }
  for (const window of [false, true]) {
    const reply = await call(api, '/api/v1/pods', { method: 'OPTIONS', anonymous: true, window, headers })
    expect(reply.code).toBe(401)
    expect(Object.keys(reply.headers).filter(name => name.startsWith('access-control'))).toEqual([])
  }
})

describe('the Host header', () => {
  it.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example', '169.254.169.254'])(
    '%s is refused',
    async host => {
      for (const path of ['/api', '/healthz']) {
        expect((await call(api, path, { window: true, headers: { Host: host } })).code).toBe(403)
      }
    },
  )

  it('is served with another port by the API, which may be asked through a forwarded one', async () => {
    const codeFor = async (host: string) => (await call(api, '/api', { headers: { Host: host } })).code
    expect(await Promise.all(['localhost:8001', '[::1]:8001', '127.0.0.1:8001'].map(codeFor))).toEqual([
      200, 200, 200,
    ])
    expect(await Promise.all(['localhost', '127.0.0.1'].map(codeFor))).toEqual([403, 403])
  })

  it.each(['127.0.0.1', 'localhost', '[::1]'])('%s with the right port is served', async name => {
    const headers = { Host: `${name}:${port}` }
    expect((await call(api, '/api', { window: true, headers })).code).toBe(200)
  })
})

describe('the window', () => {
  it('gets in once with its address, and stays in by cookie', async () => {
    const address = new URL(api.server.windowAddress())
    const first = await call(api, address.pathname + address.search, { window: true, anonymous: true })
    const again = await call(api, address.pathname + address.search, { window: true, anonymous: true })
    expect([first.code, again.code]).toEqual([303, 401])
    const headers = { Cookie: first.headers['set-cookie']?.[0]?.split(';')[0] ?? '' }
    const page = await call(api, '/', { window: true, anonymous: true, headers })
    expect(page.text).toContain('<title>Coxswain</title>')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect((await call(api, '/api/v1/pods', { window: true, anonymous: true, headers })).code).toBe(200)
  })

  it.each(['/?token=', '/?token=wrong'])('does not get in with %s', async path => {
    expect((await call(api, path, { window: true, anonymous: true })).code).toBe(401)
  })

  it('cannot use its cookie over TLS', async () => {
    expect((await call(api, '/api', { anonymous: true, headers: { Cookie: await enter() } })).code).toBe(401)
  })

  const configMap = { metadata: { name: 'from-the-window' } }
  it.each<[string, Record<string, string>, number]>([
    ['its own origin', { Origin: 'OWN' }, 201],
    ['no origin', {}, 403],
    ['another origin', { Origin: 'https://evil.example' }, 403],
    ['another port of this computer', { Origin: 'http://127.0.0.1:1' }, 403],
    ['origin null', { Origin: 'null' }, 403],
    ['another site, as the browser says', { Origin: 'OWN', 'Sec-Fetch-Site': 'same-site' }, 403],
  ])('writes with %s: %s', async (_what, given, code) => {
    const headers: Record<string, string> = { ...given, Cookie: await enter() }
    if (given.Origin === 'OWN') headers.Origin = api.window
    const path = '/api/v1/namespaces/default/configmaps'
    const reply = await call(api, path, {
      method: 'POST',
      window: true,
      anonymous: true,
      headers,
      body: configMap,
    })
    expect(reply.code).toBe(code)
  })

  it('is not readable for another site with the cookie', async () => {
    const headers = { Cookie: await enter(), 'Sec-Fetch-Site': 'cross-site' }
    expect((await call(api, '/api', { window: true, anonymous: true, headers })).code).toBe(403)
  })
})

describe('files', () => {
  it.each([
    ['/assets/app-1.js', 200, 'text/javascript; charset=utf-8'],
    ['/workloads/default', 200, 'text/html; charset=utf-8'],
    ['/assets/none.js', 404, 'text/plain; charset=utf-8'],
    ['/link.txt', 404, 'text/plain; charset=utf-8'],
    ['/../secret.txt', 404, 'text/plain; charset=utf-8'],
    ['/%2e%2e/secret.txt', 404, 'text/plain; charset=utf-8'],
    ['/..%2fsecret.txt', 404, 'text/plain; charset=utf-8'],
    ['/assets/..%5c..%5csecret.txt', 404, 'text/plain; charset=utf-8'],
    ['/%00.js', 404, 'text/plain; charset=utf-8'],
  ])('%s: %i', async (path, code, type) => {
    const reply = await call(api, path, { window: true })
    expect(reply).toMatchObject({ code, headers: { 'content-type': type } })
    expect(reply.text).not.toContain('secret')
  })

  it('are not served over TLS', async () => {
    expect((await call(api, '/index.html')).code).toBe(404)
  })
})

it('refuses upgrades of foreign origins, and lets the others through', async () => {
  const upgrade = (headers: string[]) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1')
      let text = ''
      socket.on('data', chunk => (text += String(chunk)))
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
      const lines = [
        'GET /api/v1/namespaces/default/pods/a/exec HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        ...headers,
      ]
      socket.write(`${lines.join('\r\n')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    })
  expect(await upgrade([])).toMatch(/^HTTP\/1.1 401 /)
  expect(await upgrade([`Cookie: ${await enter()}`])).toMatch(/^HTTP\/1.1 403 /)
  expect(await upgrade([`Cookie: ${await enter()}`, 'Origin: http://evil.example'])).toMatch(
    /^HTTP\/1.1 403 /,
  )
  expect(await upgrade([`Authorization: Bearer ${api.token}`])).toMatch(/^HTTP\/1.1 4(00|04) /)
})
