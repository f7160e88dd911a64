import { afterEach, beforeEach, expect, it } from 'vitest'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
const path = '/api/v1/namespaces/default/pods/web/ephemeralcontainers'
const look = { name: 'look', image: 'tools:1' }
const legacy = { 'User-Agent': 'kubectl/v1.20.2 (linux/amd64) kubernetes/faecb19' }

beforeEach(async () => {
  api = await serveApi()
  const containers = [{ name: 'main', image: 'web:1' }]
  await api.registry.create(PodKind, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers },
  })
})
afterEach(() => api.stop())

const names = () =>
  api.registry.get(PodKind, 'web', 'default')?.spec.ephemeralContainers?.map(({ name }) => name) ?? []
const patch = (body: object, to = path) =>
  call(api, to, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
    body,
  })

it('adds to a pod by a strategic patch', async () => {
  const reply = await patch({ spec: { ephemeralContainers: [look] } })
  expect(reply.code).toBe(200)
  expect(reply.json()).toMatchObject({ kind: 'Pod', spec: { ephemeralContainers: [look] } })
  await patch({ spec: { ephemeralContainers: [{ ...look, name: 'again' }] } })
  expect(names().sort()).toEqual(['again', 'look'])
})

it('speaks the kind of old clients', async () => {
  const before = (await call(api, path, { headers: legacy })).json<Record<string, unknown>>()
  expect(before).toMatchObject({ kind: 'EphemeralContainers', ephemeralContainers: [] })
  const body = { ...before, ephemeralContainers: [look] }
  const reply = await call(api, path, { method: 'PUT', headers: legacy, body })
  expect(reply.json()).toMatchObject({ kind: 'EphemeralContainers', ephemeralContainers: [look] })
  expect((await call(api, path, { method: 'PUT', headers: legacy, body })).code).toBe(409)
})

it.each([
  ['changed', { spec: { ephemeralContainers: [{ ...look, image: 'other:1' }] } }],
  ['removed', { spec: { ephemeralContainers: [{ $patch: 'delete', name: 'look' }] } }],
])('refuses that one is %s', async (_what, body) => {
  await patch({ spec: { ephemeralContainers: [look] } })
  const reply = await patch(body)
  expect(reply.code).toBe(422)
  expect(reply.text).toContain('existing ephemeral containers')
  expect(names()).toEqual(['look'])
})

it('changes nothing else of the pod, and is the only way', async () => {
  await patch({ metadata: { labels: { a: 'b' } }, spec: { ephemeralContainers: [look] } })
  expect(api.registry.get(PodKind, 'web', 'default')?.metadata.labels).toBeUndefined()
  const direct = await patch(
    { spec: { ephemeralContainers: [{ ...look, name: 'b' }] } },
    path.replace(/\/[a-z]+$/, ''),
  )
  expect(direct.code).toBe(422)
})
