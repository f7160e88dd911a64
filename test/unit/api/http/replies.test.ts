import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MemoryKeyValueStore } from '../../../../src-main/store/memory.ts'
import { call, type CallOptions } from './call.ts'
import { deployment } from './manifests.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const kv = new MemoryKeyValueStore()
let api: ServedApi
beforeAll(async () => {
  api = await serveApi({}, kv)
})
afterAll(() => api.stop())

const maps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const merge = { 'Content-Type': 'application/merge-patch+json' }
const table = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }

describe('a write whose answer cannot be given', () => {
  const yaml = { Accept: 'application/yaml' }
  beforeAll(async () => {
    await call(api, maps, { method: 'POST', body: { metadata: { name: 'kept' }, data: { a: '1' } } })
    await call(api, deployments, { method: 'POST', body: deployment('kept') })
  })

  it.each<[string, number, string, CallOptions]>([
    ['POST', 406, maps, { headers: yaml, body: { metadata: { name: 'new' } } }],
    ['POST', 400, `${maps}?includeObject=All`, { headers: table, body: { metadata: { name: 'new' } } }],
    ['PUT', 406, `${maps}/kept`, { headers: yaml, body: { metadata: { name: 'kept' } } }],
    ['PATCH', 406, `${maps}/kept`, { headers: { ...yaml, ...merge }, body: { data: { a: '2' } } }],
    [
      'PATCH',
      406,
      `${maps}/new?fieldManager=me`,
      {
        headers: { ...yaml, 'Content-Type': 'application/apply-patch+yaml' },
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } },
      },
    ],
    [
      'PATCH',
      406,
      `${deployments}/kept/scale`,
      { headers: { ...yaml, ...merge }, body: { spec: { replicas: 3 } } },
    ],
    ['DELETE', 406, `${maps}/kept`, { headers: yaml }],
  ])('%s: is refused with %i before anything is done: %s', async (method, code, path, options) => {
    const reply = await call(api, path, { ...options, method })
    expect(reply.code, reply.text).toBe(code)
    expect((await call(api, `${maps}/kept`)).json()).toMatchObject({ data: { a: '1' } })
    expect((await call(api, `${deployments}/kept`)).json()).toMatchObject({ spec: { replicas: 1 } })
    expect((await call(api, `${maps}/new`)).code).toBe(404)
  })
})

describe('warnings', () => {
  const unknown = '299 - "unknown field \\"spec.replicass\\""'

  it('come also with the error of a write that fails', async () => {
    const body = deployment('wrong', { replicass: 3, replicas: -1 })
    const created = await call(api, deployments, { method: 'POST', body })
    expect([created.code, created.headers.warning]).toEqual([422, unknown])
    await call(api, deployments, { method: 'POST', body: deployment('wrong') })
    const patched = await call(api, `${deployments}/wrong`, {
      method: 'PATCH',
      headers: merge,
      body: { spec: { replicass: 3, replicas: -1 } },
    })
    expect([patched.code, patched.headers.warning]).toEqual([422, unknown])
  })

  it('come once with a write that goes through', async () => {
    const body = deployment('right', { replicass: 3 })
    const reply = await call(api, deployments, { method: 'POST', body })
    expect([reply.code, reply.headers.warning]).toEqual([201, unknown])
  })
})

describe('a Scale', () => {
  it('is a Table of its own', async () => {
    await call(api, deployments, { method: 'POST', body: deployment('sized', { replicas: 2 }) })
    const path = `${deployments}/sized/scale`
    const body = { spec: { replicas: 3 } }
    for (const [options, desired] of [
      [{ headers: table }, 2],
      [{ method: 'PATCH', headers: { ...table, ...merge }, body }, 3],
    ] satisfies [CallOptions, number][]) {
      const reply = await call(api, path, options)
      expect(reply.code, reply.text).toBe(200)
      expect(reply.json()).toMatchObject({
        kind: 'Table',
        columnDefinitions: [
          { name: 'Name', type: 'string', format: 'name' },
          { name: 'Desired', type: 'integer' },
          { name: 'Available', type: 'integer' },
          { name: 'Age', type: 'string' },
        ],
        rows: [{ cells: ['sized', desired, 0, expect.any(String)], object: { metadata: { name: 'sized' } } }],
      })
    }
    expect((await call(api, path)).json()).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } })
  })
})

describe('a list that is continued too late', () => {
  type List = {
    metadata: { resourceVersion: string; continue?: string }
    items: { metadata: { name: string } }[]
  }
  const pages = `${maps}?labelSelector=late&limit=2`
  const names = ({ items }: List) => items.map(({ metadata }) => metadata.name)

  it('says so, with a token that goes on with what there is by then', async () => {
    const make = (name: string) =>
      call(api, maps, { method: 'POST', body: { metadata: { name, labels: { late: '' } } } })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make(name)
    const first = (await call(api, pages)).json<List>()
    await make('aa')
    await make('f')
    // one that has just been started has no changes of before
    const later = await serveApi({}, kv)
    const reply = await call(later, `${pages}&continue=${first.metadata.continue}`)
    expect(reply.code).toBe(410)
    const status = reply.json<{ reason: string; message: string; metadata: { continue: string } }>()
    expect(status.reason).toBe('Expired')
    expect(status.message).toBe(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    )
    const second = (await call(later, `${pages}&continue=${status.metadata.continue}`)).json<List>()
    const third = (await call(later, `${pages}&continue=${second.metadata.continue}`)).json<List>()
    expect([first, second, third].flatMap(names)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion))
    const exact = `resourceVersionMatch=Exact&resourceVersion=${first.metadata.resourceVersion}`
    expect((await call(later, `${maps}?${exact}`)).json()).toMatchObject({
      code: 410,
      message: 'The resourceVersion for the provided list is too old.',
    })
    await later.stop()
  })
})
