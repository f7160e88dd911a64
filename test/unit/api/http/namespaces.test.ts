import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NamespaceKind } from '../../../../src-main/api/kinds/namespace.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
})
afterAll(() => api.stop())

const namespaces = '/api/v1/namespaces'

describe('namespaces', () => {
  it.each(['default', 'kube-system', 'kube-public', 'coxswain-system'])(
    '%s may not be deleted',
    async name => {
      for (const path of [`${namespaces}/${name}`, `${namespaces}/${name}?dryRun=All`]) {
        const reply = await call(api, path, { method: 'DELETE' })
        expect(reply.code).toBe(403)
        expect(reply.json()).toMatchObject({
          reason: 'Forbidden',
          message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
          details: { name, kind: 'namespaces' },
        })
      }
      expect(api.registry.get(NamespaceKind, name)?.metadata.deletionTimestamp).toBeUndefined()
    },
  )

  it('of people may', async () => {
    await call(api, namespaces, { method: 'POST', body: { metadata: { name: 'shop' } } })
    const reply = await call(api, `${namespaces}/shop`, { method: 'DELETE' })
    expect(reply.code).toBe(200)
    expect(reply.json()).toMatchObject({ status: { phase: 'Terminating' } })
  })

  it('are deleted one by one', async () => {
    const before = api.registry.list(NamespaceKind)
    expect((await call(api, namespaces, { method: 'DELETE' })).code).toBe(405)
    expect(api.registry.list(NamespaceKind)).toEqual(before)
    const { resources } = (await call(api, '/api/v1')).json<{
      resources: { name: string; verbs: string[] }[]
    }>()
    const verbsOf = (name: string) => resources.find(resource => resource.name === name)?.verbs
    expect(verbsOf('namespaces')).toEqual(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'])
    expect(verbsOf('configmaps')).toContain('deletecollection')
  })
})
