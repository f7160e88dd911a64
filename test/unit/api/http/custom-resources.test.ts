import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import type { Status } from '../../../../src-main/lib/errors.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const text = { type: 'string' }
const schema = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          text,
          note: { type: 'string', nullable: true },
          size: { type: 'integer', default: 2 },
          port: { 'x-kubernetes-int-or-string': true },
          labels: { type: 'object', additionalProperties: text },
          numbers: { type: 'array', items: { type: 'integer', nullable: true } },
          parts: { type: 'array', items: { type: 'object', properties: { text } } },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', required: ['phase'], properties: { phase: text } },
    },
  },
}
const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  schema,
})
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [version('v1', true), version('v1beta1', false)],
  },
}

type Thing = KubeObject & { spec?: unknown; status?: unknown }
type Body = { metadata: { name: string }; [member: string]: unknown }

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  expect((await call(api, path, { method: 'POST', body: definition })).code).toBe(201)
})
afterAll(() => api.stop())

const base = (version = 'v1') => `/apis/example.org/${version}/namespaces/default/things`
const thing = (name: string, more: object, version = 'v1') => ({
  apiVersion: `example.org/${version}`,
  kind: 'Thing',
  metadata: { name },
  ...more,
})
const create = (body: object, version?: string) => call(api, base(version), { method: 'POST', body })
const patch = (type: string, body: Body, version?: string, query = '') =>
  call(api, `${base(version)}/${body.metadata.name}?fieldManager=m${query}`, {
    method: 'PATCH',
    headers: { 'Content-Type': `application/${type}` },
    body: JSON.stringify(body),
  })
const put = (body: Body, part = '', version?: string) =>
  call(api, `${base(version)}/${body.metadata.name}${part}`, { method: 'PUT', body })

const nulls = {
  text: null,
  note: null,
  size: null,
  port: null,
  labels: { a: null, b: 'x' },
  numbers: [1, null, 2],
  parts: [{ text: null }],
  open: { a: null, b: [null, 1] },
}
const kept = {
  note: null,
  size: 2,
  labels: { b: 'x' },
  numbers: [1, null, 2],
  parts: [{}],
  open: { a: null, b: [null, 1] },
}

it.each(['v1', 'v1beta1'])(
  'null means absent where it may not be and has no default, and is a value elsewhere: %s',
  async version => {
    const name = `null-${version}`
    const reply = await create(thing(name, { spec: nulls }, version), version)
    expect([reply.code, reply.json<Thing>().spec]).toEqual([201, kept])
    const applied = await patch(
      'apply-patch+yaml',
      thing(`${name}-applied`, { spec: nulls }, version),
      version,
    )
    expect([applied.code, applied.json<Thing>().spec]).toEqual([201, kept])
    const other = thing(`${name}-applied`, { spec: { ...nulls, numbers: [null, 3] } }, version)
    const again = await patch('apply-patch+yaml', other, version)
    expect([again.code, again.json<Thing>().spec]).toEqual([200, { ...kept, numbers: [null, 3] }])
  },
)

it.each(['v1', 'v1beta1'])(
  'a status that is written apart is not looked at where it is not taken: %s',
  async version => {
    const name = `status-${version}`
    const wrong = { spec: { text: 'x' }, status: { phase: 3 } }
    const codes = [
      await create(thing(name, wrong, version), version),
      await patch('apply-patch+yaml', thing(name, { ...wrong, status: {} }, version), version),
      await patch('merge-patch+json', thing(name, { ...wrong, spec: { text: 'y' } }, version), version),
    ].map(({ code }) => code)
    expect(codes).toEqual([201, 200, 200])
    const stored = (await call(api, `${base(version)}/${name}`)).json<Thing>()
    expect(stored).toMatchObject({ spec: { text: 'y' } })
    expect(stored).not.toHaveProperty('status')
    const replaced = await put({ ...stored, ...wrong }, '', version)
    expect([replaced.code, replaced.json<Thing>().spec]).toEqual([200, { text: 'x', size: 2 }])
    const { metadata } = replaced.json<Thing>()
    const ofStatus = async (status: object) =>
      (await put({ ...stored, metadata, status }, '/status', version)).code
    expect(await ofStatus({})).toBe(422)
    expect(await ofStatus({ phase: 'Ready' })).toBe(200)
    const unknown = { ...wrong, status: { phasee: 'x' } }
    const refused = await patch(
      'merge-patch+json',
      thing(name, unknown, version),
      version,
      '&fieldValidation=Strict',
    )
    expect([refused.code, refused.json<Status>().message]).toEqual([
      400,
      expect.stringContaining('unknown field "status.phasee"'),
    ])
  },
)

it('a PUT says which version it replaces', async () => {
  const made = (await create(thing('put', { spec: { text: 'x' } }))).json<Thing>()
  const blind = thing('put', { spec: { text: 'y' } })
  for (const part of ['', '/status']) {
    const reply = await put(blind, part)
    expect([reply.code, reply.json<Status>()]).toMatchObject([
      422,
      {
        reason: 'Invalid',
        message:
          'things.example.org "put" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
      },
    ])
  }
  expect((await put(thing('absent', {}))).code).toBe(404)
  expect((await patch('merge-patch+json', blind)).code).toBe(200)
  const stale = await put({ ...blind, metadata: made.metadata })
  expect(stale.code).toBe(409)
  const { metadata } = (await call(api, `${base()}/put`)).json<Thing>()
  expect((await put({ ...blind, metadata, spec: { text: 'z' } })).code).toBe(200)
})
