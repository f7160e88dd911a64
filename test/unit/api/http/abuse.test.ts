import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { attacks, deployment } from './attacks.ts'
import { call, open } from './call.ts'
import { randomRequests, type Swagger } from './random-requests.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
  await call(api, deployments, { method: 'POST', body: deployment(1, 'abused') })
}, 60_000)
afterAll(() => api.stop())

it.each(attacks.map(attack => [attack.what, attack] as const))(
  '%s is answered, or hung up on, and is no fault of the server',
  async (_, { method = 'POST', path = maps, type = 'application/json', headers: more, body }) => {
    const bytes = body()
    const headers = { 'Content-Type': type, ...more }
    const sent = open(api, path, { method, headers, body: bytes || undefined })
    // A server that has answered and hangs up before it has read 100 MB is in its right
    const code = await sent.then(
      response => response.resume().statusCode,
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (typeof code === 'number') expect(code).toBeLessThan(500)
    else expect(['ECONNRESET', 'EPIPE']).toContain(code)
    expect((await call(api, '/readyz')).code).toBe(200)
  },
  60_000,
)

it('no request that the OpenAPI document suggests, nor what becomes of it, is the fault of the server', async () => {
  const document = await call(api, '/openapi/v2', { headers: { Accept: 'application/json' } })
  await fc.assert(
    fc.asyncProperty(randomRequests(document.json<Swagger>()), async ({ path, ...request }) => {
      const response = await open(api, path, request)
      // A watch would go on
      response.destroy()
      expect(response.statusCode).toBeLessThan(500)
    }),
    { numRuns: 500, seed: 20261121, endOnFailure: true },
  )
  expect((await call(api, '/readyz')).code).toBe(200)
}, 120_000)
