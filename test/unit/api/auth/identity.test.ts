import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadIdentity } from '../../../../src-main/api/auth/identity.ts'
import { writeKubeconfig } from '../../../../src-main/api/auth/kubeconfig.ts'
import { systemClock } from '../../../../src-main/lib/clock.ts'
import { ManualClock } from '../../../../src-main/lib/manual-clock.ts'

const DAY_MS = 24 * 60 * 60_000
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

it('is the same again, in files that only the owner can read', async () => {
  const first = await loadIdentity(folder, systemClock)
  expect(await loadIdentity(folder, systemClock)).toEqual(first)
  for (const name of ['ca.pem', 'server.pem', 'token']) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  }
})

it.each(['127.0.0.1', 'localhost'])('is trusted by a client that reaches it as %s', async host => {
  const { authority, server } = await loadIdentity(folder, systemClock)
  const listening = createServer({ cert: server.certificate, key: server.key }, (_request, response) =>
    response.end('hello'),
  )
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  try {
    const status = await new Promise((resolve, reject) => {
      request({ host, family: 4, port, ca: authority, path: '/' }, response => resolve(response.statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  } finally {
    listening.closeAllConnections()
    listening.close()
  }
})

it('renews the server certificate before it ends, and keeps authority and token', async () => {
  const clock = new ManualClock()
  const first = await loadIdentity(folder, clock)
  await clock.advance(320 * DAY_MS)
  expect((await loadIdentity(folder, clock)).server).toEqual(first.server)
  await clock.advance(20 * DAY_MS)
  const later = await loadIdentity(folder, clock)
  expect(later.server).not.toEqual(first.server)
  expect({ ...later, server: null }).toEqual({ ...first, server: null })
})

it.each(['ca.pem', 'server.pem', 'token'])('makes a damaged %s anew', async name => {
  await loadIdentity(folder, systemClock)
  await writeFile(join(folder, name), 'damaged')
  const identity = await loadIdentity(folder, systemClock)
  expect(identity.token).toMatch(/^[\w-]{43}$/)
  expect(await loadIdentity(folder, systemClock)).toEqual(identity)
})

it('goes into a kubeconfig of mode 0600', async () => {
  const path = join(folder, 'kubeconfig')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeKubeconfig(path, { server: 'https://127.0.0.1:6443', authority: 'CA', token: 'secret' })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toContain('current-context: coxswain')
})
