import { expect, test } from 'vitest'
import { ApiError, type Status } from '../../../../src-renderer/api/api-error.ts'
import { applyManifests } from '../../../../src-renderer/api/apply-manifests.ts'
import type { ApiClient, RequestOptions } from '../../../../src-renderer/api/client.ts'
import { parseManifests } from '../../../../src-renderer/api/documents.ts'
import { findResource, type Resource } from '../../../../src-renderer/api/resources.ts'

type Answer = (method: string, path: string, options: RequestOptions) => object | Status

/** An API that answers as told, and a 404 to every GET. */
function apiOf(answer: Answer): { client: ApiClient; asked: string[] } {
  const asked: string[] = []
  const send = (method: string, path: string, options: RequestOptions = {}) => {
    asked.push(`${method} ${path} ${String(options.query?.['fieldValidation'])}`)
    const body = answer(method, path, options)
    return 'code' in body ? Promise.reject(new ApiError(body)) : Promise.resolve({ body, warnings: [] })
  }
  const get = () => Promise.reject(new ApiError({ code: 404, reason: 'NotFound' }))
  return { client: { send, get } as unknown as ApiClient, asked }
}

const discover = (apiVersion: string, kind: string) =>
  Promise.resolve(findResource(apiVersion, kind) as Resource)

const text = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {colour: blue}
`
const noNamespace: Status = { code: 404, reason: 'NotFound', message: 'namespaces "shop" not found' }

test('what belongs to a namespace of the same manifest is checked before that exists', async () => {
  const { client, asked } = apiOf((_method, path, { body }) =>
    path.includes('/namespaces/shop/') ? noNamespace : (body as object),
  )
  const [, settings] = await applyManifests(parseManifests(text), { client, discover, dryRun: true })
  expect(settings?.problems).toEqual([])
  expect(settings?.applied).toMatchObject({ action: 'created', object: { metadata: { namespace: 'shop' } } })
  expect(asked.at(-1)).toBe('POST /api/v1/namespaces/default/configmaps Strict')
})

test('an object with a name that `default` has already is right all the same', async () => {
  const { client } = apiOf((_method, path, { body }) => {
    if (path.includes('/namespaces/shop/')) return noNamespace
    return path.includes('/default/') ? { code: 409, reason: 'AlreadyExists' } : (body as object)
  })
  const [, settings] = await applyManifests(parseManifests(text), { client, discover, dryRun: true })
  expect(settings?.applied?.action).toBe('created')
})

test('a namespace that nobody makes is an error, and applying does not look elsewhere', async () => {
  const { client, asked } = apiOf((_method, path, { body }) =>
    path.includes('/namespaces/shop/') ? noNamespace : (body as object),
  )
  const alone = text.slice(text.indexOf('---') + 4)
  const [checked] = await applyManifests(parseManifests(alone), { client, discover, dryRun: true })
  expect(checked?.problems).toMatchObject([{ message: 'namespaces "shop" not found' }])
  const [, applied] = await applyManifests(parseManifests(text), { client, discover, dryRun: false })
  expect(applied?.error?.code).toBe(404)
  expect(asked.filter(request => request.includes('/default/'))).toEqual([])
})

test('wrong values are named together with unknown fields', async () => {
  const { client } = apiOf((_method, _path, { query }) =>
    query?.['fieldValidation'] === 'Strict'
      ? { code: 400, reason: 'BadRequest', message: 'strict decoding error: unknown field "spec.replicass"' }
      : {
          code: 422,
          reason: 'Invalid',
          message: 'Deployment "web" is invalid',
          details: { causes: [{ field: 'spec.replicas', message: 'must not be negative' }] },
        },
  )
  const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: -3
  replicass: 3
`
  const [web] = await applyManifests(parseManifests(manifest), { client, discover, dryRun: true })
  expect(web?.problems.map(({ place, message }) => [place.line, message])).toEqual([
    [6, 'unknown field "spec.replicass"'],
    [5, 'spec.replicas: must not be negative'],
  ])
})

test('of what was opened to be edited only the difference is made; what was added is applied', async () => {
  const live = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default', resourceVersion: '7' },
    data: { colour: 'blue', size: 'theirs' },
  }
  const sent: [string, unknown][] = []
  const client = {
    get: async (path: string) => {
      if (path.endsWith('/settings')) return live
      throw new ApiError({ code: 404, reason: 'NotFound' })
    },
    send: async (method: string, _path: string, { body }: RequestOptions) => {
      sent.push([method, body])
      return { body: live, warnings: [] }
    },
  } as unknown as ApiClient
  const of = (name: string, data: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${data}\n`
  const base = parseManifests(of('settings', '{colour: blue, size: "1"}'))
  const edited = parseManifests(`${of('settings', '{size: "1"}')}---\n${of('more', '{}')}`)
  await applyManifests(edited, { client, discover, dryRun: false, base })
  expect(sent[0]).toEqual(['PATCH', { data: { colour: null }, metadata: { resourceVersion: '7' } }])
  expect(sent[1]).toMatchObject(['POST', { metadata: { name: 'more' } }])
})

test('a kind that the same text defines passes a check, and a mistyped one does not', async () => {
  const { client } = apiOf((_method, _path, { body }) => body as object)
  const known = (apiVersion: string, kind: string): Promise<Resource> =>
    kind === 'CustomResourceDefinition'
      ? Promise.resolve({ apiVersion, kind, plural: 'customresourcedefinitions', namespaced: false })
      : Promise.reject(new ApiError({ code: 404, reason: 'Invalid', message: `no kind ${kind}` }))
  const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1}]
`
  const of = (kind: string) => `---\napiVersion: example.com/v1\nkind: ${kind}\nmetadata: {name: one}\n`
  const documents = parseManifests(definition + of('Widget') + of('Gadget'))
  const checked = await applyManifests(documents, { client, discover: known, dryRun: true })
  expect(checked.map(({ applied }) => applied?.action)).toEqual(['created', 'created', undefined])
  const applied = await applyManifests(documents, { client, discover: known, dryRun: false })
  expect(applied.map(({ error }) => error?.message)).toEqual([undefined, 'no kind Widget', 'no kind Gadget'])
})
