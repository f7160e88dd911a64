import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import type { ConfigMap, NewObject } from '../../../../src-main/api/types.ts'
import { call, open, watchLines } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

interface Line {
  type: string
  object: {
    kind: string
    code?: number
    metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> }
    data?: Record<string, string>
    columnDefinitions?: unknown[]
    rows?: { cells: unknown[] }[]
  }
}

const maps = '/api/v1/namespaces/default/configmaps'
let api: ServedApi
let opened: IncomingMessage[]

beforeEach(async () => {
  api = await serveApi()
  opened = []
})
afterEach(async () => {
  for (const response of opened) response.destroy()
  await api.stop()
})

const make = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}) =>
  api.registry.create(ConfigMapKind, {
    metadata: { name, namespace: 'default', labels },
    data,
  } as NewObject<ConfigMap>)

const change = (name: string, edit: (draft: ConfigMap) => void) =>
  api.registry.modify(ConfigMapKind, { name, namespace: 'default' }, edit)

async function watch(
  query: string,
  headers: Record<string, string> = {},
  window = false,
): Promise<AsyncGenerator<Line>> {
  const response = await open(api, `${maps}?watch=1&${query}`, { headers, window })
  opened.push(response)
  expect(response.statusCode).toBe(200)
  return watchLines<Line>(response)
}

async function take(lines: AsyncGenerator<Line>, count: number): Promise<Line[]> {
  const taken: Line[] = []
  while (taken.length < count) {
    const { value, done } = await lines.next()
    if (done) break
    taken.push(value as Line)
  }
  return taken
}

const short = ({ type, object }: Line) => `${type} ${object.metadata.name}`

describe('a watch', () => {
  it.each(['', 'resourceVersion=0'])('with "%s" begins with what is there', async query => {
    await make('a')
    const lines = await watch(query)
    expect((await take(lines, 1)).map(short)).toEqual(['ADDED a'])
    await make('b')
    await api.registry.delete(ConfigMapKind, { name: 'a', namespace: 'default' })
    const [added, deleted] = await take(lines, 2)
    expect([added, deleted].map(line => line && short(line))).toEqual(['ADDED b', 'DELETED a'])
    expect(deleted?.object.metadata.resourceVersion).toBe(String(api.registry.revision))
  })

  it('from an earlier resourceVersion brings what came since', async () => {
    const { metadata } = await make('a')
    await make('b')
    await change('a', draft => {
      draft.data = { k: '1' }
    })
    await api.registry.delete(ConfigMapKind, { name: 'b', namespace: 'default' })
    const lines = await watch(`resourceVersion=${metadata.resourceVersion}`)
    expect((await take(lines, 3)).map(short)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b'])
  })

  it('from a resourceVersion that this server never had ends with 410', async () => {
    const [line, ...more] = await take(await watch('resourceVersion=123456'), 2)
    expect(line).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
    expect(more).toEqual([])
  })

  it('with a selector turns a change of labels into ADDED and DELETED', async () => {
    await make('a', { app: 'x' })
    const lines = await watch('labelSelector=app%3Dx')
    await take(lines, 1)
    const label = (app: string) =>
      change('a', draft => {
        draft.metadata.labels = { app }
      })
    await label('y')
    await label('z')
    await label('x')
    await make('b', { app: 'y' })
    await change('a', draft => {
      draft.data = { k: '1' }
    })
    expect((await take(lines, 3)).map(short)).toEqual(['DELETED a', 'ADDED a', 'MODIFIED a'])
  })

  it('sends the initial events and their end when it is asked to', async () => {
    await make('a')
    const lines = await watch(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    )
    const [added, bookmark] = await take(lines, 2)
    expect(added && short(added)).toBe('ADDED a')
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        metadata: {
          resourceVersion: String(api.registry.revision),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    })
    const refused = await call(api, `${maps}?watch=1&sendInitialEvents=true`)
    expect(refused.code).toBe(422)
  })

  it('ends when its time is over, with a bookmark', async () => {
    const lines = await watch('timeoutSeconds=1&allowWatchBookmarks=true')
    expect((await take(lines, 5)).map(line => line.type)).toEqual(['BOOKMARK'])
  })

  it('as a Table describes its columns once', async () => {
    const lines = await watch('', { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    await make('a', {}, { k: '1' })
    await make('b')
    const [first, second] = await take(lines, 2)
    expect(first?.object).toMatchObject({ kind: 'Table', rows: [{ cells: ['a', 1, expect.any(String)] }] })
    expect(first?.object.columnDefinitions).toHaveLength(3)
    expect(second?.object.columnDefinitions).toEqual([])
  })

  it('of another namespace sees nothing of this one', async () => {
    const response = await open(api, '/api/v1/namespaces/kube-system/configmaps?watch=1&timeoutSeconds=1')
    opened.push(response)
    await make('a')
    expect(await take(watchLines<Line>(response), 1)).toEqual([])
  })
})

it('of a custom kind ends when its definition goes', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const definition = (plural: string) => ({
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      names: { plural, kind: plural.toUpperCase() },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  })
  for (const plural of ['mine', 'others']) {
    const made = await call(api, definitions, { method: 'POST', body: definition(plural) })
    expect(made.code, made.text).toBe(201)
  }
  const response = await open(api, '/apis/example.com/v1/namespaces/default/mine?watch=1')
  opened.push(response)
  let ended = false
  const reading = (async () => {
    for await (const _line of watchLines<Line>(response)) continue
    ended = true
  })()
  const remove = async (plural: string) => {
    const path = `${definitions}/${plural}.example.com`
    await call(api, path, { method: 'DELETE' })
    // Its controller, which removes the objects first, is not there
    await call(api, path, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: null } },
    })
    expect((await call(api, path)).code).toBe(404)
  }
  await remove('others')
  expect(ended).toBe(false)
  await remove('mine')
  await reading
})

it('keeps nothing of a client that has left', async () => {
  const disposals: ReturnType<typeof vi.fn>[] = []
  const watchFrom = api.registry.watchFrom.bind(api.registry)
  vi.spyOn(api.registry, 'watchFrom').mockImplementation((...args) => {
    const dispose = vi.fn(watchFrom(...args))
    disposals.push(dispose)
    return dispose
  })
  const clients = await Promise.all(Array.from({ length: 20 }, () => open(api, `${maps}?watch=1`)))
  expect(disposals).toHaveLength(20)
  for (const client of clients.slice(0, 19)) client.destroy()
  await vi.waitFor(
    () => expect(disposals.filter(({ mock }) => mock.calls.length > 0)).toHaveLength(19),
    20_000,
  )
  opened.push(...clients.slice(19))
  await make('a')
  expect((await take(watchLines<Line>(clients[19] as IncomingMessage), 1)).map(short)).toEqual(['ADDED a'])
  expect(disposals.filter(({ mock }) => mock.calls.length > 0)).toHaveLength(19)
})

it('a thousand watchers each see every change, once and in order', async () => {
  const WATCHERS = 1000
  const WRITES = 30
  const seen = Array.from({ length: WATCHERS }, async () => {
    const lines = await watch(`resourceVersion=${api.registry.revision}`, {}, true)
    return async () => (await take(lines, WRITES)).map(line => `${short(line)} ${line.object.data?.n}`)
  })
  const watchers = await Promise.all(seen)
  const results = watchers.map(read => read())
  await make('a', {}, { n: '0' })
  for (let n = 1; n < WRITES; n++) {
    await change('a', draft => {
      draft.data = { n: String(n) }
    })
  }
  const expected = Array.from({ length: WRITES }, (_, n) => `${n === 0 ? 'ADDED' : 'MODIFIED'} a ${n}`)
  for (const result of await Promise.all(results)) expect(result).toEqual(expected)
}, 120_000)

it('cuts off a watcher that does not read, which is told so with 410, and no other notices', async () => {
  const ROUNDS = 1100
  const slow = await open(api, `${maps}?watch=1`)
  const other = await open(api, `${maps}?watch=1&fieldSelector=metadata.name=m0`)
  opened.push(slow, other)
  const rounds = take(watchLines<Line>(other), ROUNDS)
  const data = { text: 'x'.repeat(20_000) }
  await make('a', {}, data)
  for (let round = 0; round < ROUNDS; round++) {
    // Writes in parallel, so that the memory store's batches are used.
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        round === 0
          ? make(`m${index}`, {}, { ...data, round: '0' })
          : change(`m${index}`, draft => void (draft.data = { ...data, round: String(round) })),
      ),
    )
  }
  expect((await rounds).map(({ object }) => object.data?.round)).toEqual(
    Array.from({ length: ROUNDS }, (_, round) => String(round)),
  )
  let last: Line | undefined
  for await (const line of watchLines<Line>(slow)) last = line
  expect(last).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  expect(slow.complete).toBe(true)
}, 120_000)
