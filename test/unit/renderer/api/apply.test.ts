import { expect, test } from 'vitest'
import { ApiError } from '../../../../src-renderer/api/api-error.ts'
import { apply, LAST_APPLIED, type Manifest } from '../../../../src-renderer/api/apply.ts'
import { parseWarnings, type ApiClient, type RequestOptions } from '../../../../src-renderer/api/client.ts'
import { resources } from '../../../../src-renderer/api/resources.ts'
import { object } from '../object.ts'

const manifest = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { colour: 'blue' },
} as Manifest

interface Request {
  method: string
  path: string
  options: RequestOptions
}

/** An API whose answers the test gives in order. */
function fakeClient(answers: (object | ApiError)[]) {
  const requests: Request[] = []
  const send = (method: string, path: string, options: RequestOptions = {}) => {
    requests.push({ method, path, options })
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`unexpected ${method} ${path}`)
    return answer instanceof ApiError
      ? Promise.reject(answer)
      : Promise.resolve({ body: answer, warnings: ['spec.x has no effect'] })
  }
  const get = async (path: string, options?: RequestOptions) => (await send('GET', path, options)).body
  return { requests, client: { send, get } as unknown as ApiClient }
}

const missing = new ApiError({ code: 404, reason: 'NotFound' })
const conflict = new ApiError({ code: 409, reason: 'Conflict' })
const live = (version: string, data: object) =>
  object('ConfigMap', 'settings', { data, metadata: { namespace: 'shop', resourceVersion: version } })

test('creates what is not there, with kubectl’s annotation and strict fields', async () => {
  const { client, requests } = fakeClient([missing, live('1', {})])
  const applied = await apply(client, resources.configmaps, manifest)
  expect(applied).toMatchObject({ action: 'created', warnings: ['spec.x has no effect'] })
  expect(requests[1]).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/shop/configmaps' })
  expect(requests[1]?.options.query).toMatchObject({ fieldValidation: 'Strict', dryRun: undefined })
  const body = requests[1]?.options.body as Manifest
  expect(JSON.parse(body.metadata.annotations?.[LAST_APPLIED] ?? '')).toMatchObject({
    data: { colour: 'blue' },
  })
})

test('a dry run says so', async () => {
  const { client, requests } = fakeClient([missing, live('1', {})])
  await apply(client, resources.configmaps, manifest, { dryRun: true })
  expect(requests[1]?.options.query).toMatchObject({ dryRun: 'All' })
})

test('when someone else is faster, the change is computed from what they made', async () => {
  const { client, requests } = fakeClient([
    live('1', { colour: 'red' }),
    conflict,
    live('2', { colour: 'green', added: 'by them' }),
    live('3', {}),
  ])
  const applied = await apply(client, resources.configmaps, manifest)
  expect(applied.action).toBe('configured')
  expect(requests[3]?.options.body).toMatchObject({
    data: { colour: 'blue' },
    metadata: { resourceVersion: '2' },
  })
  expect(requests[3]?.options.body).not.toMatchObject({ data: { added: null } })
})

test('what was deleted in an editor goes, whatever was applied last, and what others changed stays', async () => {
  const edit = (base: object, edited: object) => ({
    base: { ...manifest, data: base } as Manifest,
    edited: { ...manifest, data: edited } as Manifest,
  })
  const { base, edited } = edit({ a: '1', b: '1', c: '1' }, { a: '2', c: '1' })
  const { client, requests } = fakeClient([
    live('1', { a: '1', b: '1', c: 'theirs', d: 'new' }),
    live('2', {}),
  ])
  const applied = await apply(client, resources.configmaps, edited, { base })
  expect(applied.action).toBe('configured')
  expect(requests[1]?.options.query).toMatchObject({ fieldManager: 'kubectl-edit' })
  expect(requests[1]?.options.body).toEqual({
    data: { a: '2', b: null },
    metadata: { resourceVersion: '1' },
  })
})

test('an edit that is in force already sends nothing', async () => {
  const { client } = fakeClient([live('1', { colour: 'blue' })])
  const base = { ...manifest, data: { colour: 'red' } } as Manifest
  expect(await apply(client, resources.configmaps, manifest, { base })).toMatchObject({ action: 'unchanged' })
})

test('gives up on a conflict that does not end, and on any other error at once', async () => {
  const endless = Array.from({ length: 10 }, (_, index) => (index % 2 ? conflict : live('1', {})))
  await expect(apply(fakeClient(endless).client, resources.configmaps, manifest)).rejects.toBe(conflict)
  const invalid = new ApiError({ code: 422, reason: 'Invalid' })
  const { client, requests } = fakeClient([live('1', {}), invalid])
  await expect(apply(client, resources.configmaps, manifest)).rejects.toBe(invalid)
  expect(requests).toHaveLength(2)
})

test.each([
  ['299 - "unknown field"', ['unknown field']],
  ['299 - "says \\"no\\", twice", 299 - "second"', ['says "no", twice', 'second']],
  [null, []],
])('the Warning header %j holds %j', (header, texts) => {
  expect(parseWarnings(header)).toEqual(texts)
})
