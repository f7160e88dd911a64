import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { subjects, type Subject } from '../../store/stores.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const WRITERS = 60

let subject: Subject
let api: ServedApi

beforeAll(async () => {
  subject = await (subjects.nedb as () => Promise<Subject>)()
  api = await serveApi({}, subject.kv)
})

afterAll(async () => {
  await api.stop()
  await subject.destroy()
})

describe('many who write one object at once', () => {
  const writers = Array.from({ length: WRITERS }, (_, n) => `writer-${n}`)
  const create = (name: string) => call(api, maps, { method: 'POST', body: { metadata: { name } } })
  const keysOf = async (name: string) => {
    const { data } = (await call(api, `${maps}/${name}`)).json<{ data: object }>()
    return Object.keys(data).sort()
  }
  const patch = (name: string, contentType: string, body: object, query = '') =>
    call(api, `${maps}/${name}${query}`, { method: 'PATCH', headers: { 'Content-Type': contentType }, body })

  it.each(['application/merge-patch+json', 'application/strategic-merge-patch+json'])(
    'all get through with %s, and none loses what another wrote',
    async type => {
      const name = `shared-${type.slice(12, 17)}`
      await create(name)
      const replies = await Promise.all(
        writers.map(writer => patch(name, type, { data: { [writer]: 'here' } })),
      )
      expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([200]))
      expect(await keysOf(name)).toEqual(writers.toSorted())
    },
  )

  it('all get through with server-side apply, also where none of them found the object', async () => {
    const apply = (writer: string) =>
      patch(
        'applied',
        'application/apply-patch+yaml',
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { [writer]: 'here' } },
        `?fieldManager=${writer}`,
      )
    const replies = await Promise.all(writers.map(apply))
    expect(replies.filter(({ code }) => code === 201)).toHaveLength(1)
    expect(replies.filter(({ code }) => code === 200)).toHaveLength(WRITERS - 1)
    expect(await keysOf('applied')).toEqual(writers.toSorted())
  })

  it('all get through beside controllers and those who overwrite whatever is there', async () => {
    await create('mixed')
    const key = { name: 'mixed', namespace: 'default' }
    const outcomes = await Promise.all(
      writers.map(async (writer, n) => {
        if (n % 3 === 0) return (await patch('mixed', 'application/merge-patch+json', annotated(writer))).code
        if (n % 3 === 1) {
          const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mixed' } }
          return (await call(api, `${maps}/mixed`, { method: 'PUT', body: { ...body, data: { writer } } }))
            .code
        }
        return (await api.registry.modify(ConfigMapKind, key, map => (map.data = { writer }))) ? 200 : 404
      }),
    )
    expect(new Set(outcomes)).toEqual(new Set([200]))
  })

  it('refuses those that were read from another version, and nobody else', async () => {
    const created = (await create('fixed')).json<{ metadata: { resourceVersion: string } }>()
    const { resourceVersion } = created.metadata
    const replies = await Promise.all(
      writers.map((writer, n) => {
        const metadata = n % 2 === 0 ? { resourceVersion } : {}
        return patch('fixed', 'application/merge-patch+json', { metadata, data: { [writer]: 'here' } })
      }),
    )
    expect(replies.filter(({ code }, n) => n % 2 === 1 && code !== 200)).toEqual([])
    expect(replies.filter(({ code }, n) => n % 2 === 0 && code === 200).length).toBeLessThanOrEqual(1)
  })

  it('a deletion among them is the end for those who come after it', async () => {
    await create('deleted')
    const replies = await Promise.all([
      ...writers
        .slice(0, 20)
        .map(writer => patch('deleted', 'application/merge-patch+json', annotated(writer))),
      call(api, `${maps}/deleted`, { method: 'DELETE' }),
      ...writers.slice(20).map(writer => patch('deleted', 'application/merge-patch+json', annotated(writer))),
    ])
    expect(replies[20]?.code).toBe(200)
    expect(replies.every(({ code }) => code === 200 || code === 404)).toBe(true)
    expect((await call(api, `${maps}/deleted`)).code).toBe(404)
  })

  function annotated(writer: string) {
    return { metadata: { annotations: { [`example.com/${writer}`]: 'here' } } }
  }
})
