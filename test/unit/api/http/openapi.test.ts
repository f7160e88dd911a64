import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../../src-main/api/kinds/deployment.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import type { Kind } from '../../../../src-main/api/kinds/kind.ts'
import { OpenApiDocuments } from '../../../../src-main/api/openapi/documents.ts'
import { readFields } from '../../../../src-main/api/protobuf/wire.ts'
import { call, open } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
})
afterAll(() => api.stop())

interface Swagger {
  paths: Record<string, Record<string, { parameters: { name: string }[] }>>
  definitions: Record<string, { $ref?: string; properties: Record<string, Record<string, unknown>> }>
}

describe('/openapi/v2', () => {
  it.each(['v2@v1.0', 'v2.v1.0'])(
    'is protobuf for who asks for %s, under the type that kubectl reads',
    async version => {
      const accept = `application/com.github.proto-openapi.spec.${version}+protobuf`
      const { headers } = await call(api, '/openapi/v2', { headers: { Accept: accept } })
      expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
    },
  )

  it('has the same paths and definitions in both encodings', async () => {
    const swagger = (await call(api, '/openapi/v2')).json<Swagger>()
    const { bytes } = (await new OpenApiDocuments().get(kinds, 'v2.pb')) ?? { bytes: Buffer.alloc(0) }
    const under = (from: Uint8Array, number: number) =>
      [...readFields(from)].filter(field => field.number === number).map(({ value }) => value as Uint8Array)
    const names = (from: Uint8Array, list: number, entry: number) =>
      under(from, list).flatMap(all =>
        under(all, entry).map(item => Buffer.from(under(item, 1)[0] ?? []).toString()),
      )
    expect(names(bytes, 8, 2)).toEqual(Object.keys(swagger.paths))
    expect(names(bytes, 9, 1)).toEqual(Object.keys(swagger.definitions))
  })

  it('refers to nothing that is not there', async () => {
    const { text } = await call(api, '/openapi/v2')
    const { definitions } = JSON.parse(text) as Swagger
    const missing = [...text.matchAll(/"#\/definitions\/([^"]+)"/g)].filter(
      ([, name = '']) => !definitions[name],
    )
    expect(missing).toEqual([])
  })

  it('offers dry runs for every kind, as kubectl 1.20 looks for it', async () => {
    const { paths } = (await call(api, '/openapi/v2')).json<Swagger>()
    const patches = Object.values(paths).flatMap(({ patch }) => (patch ? [patch] : []))
    expect(patches.length).toBeGreaterThanOrEqual(kinds.length)
    expect(patches.filter(({ parameters }) => !parameters.some(({ name }) => name === 'dryRun'))).toEqual([])
  })

  it('is sent once: again only when it changed', async () => {
    const first = await call(api, '/openapi/v2')
    const again = await call(api, '/openapi/v2', { headers: { 'If-None-Match': String(first.headers.etag) } })
    expect([again.code, again.text]).toEqual([304, ''])
    const other = await call(api, '/openapi/v2', { headers: { 'If-None-Match': '"other"' } })
    expect(other.code).toBe(200)
  })

  it('is compressed for who can read that', async () => {
    const plain = await call(api, '/openapi/v2')
    const response = await open(api, '/openapi/v2', { headers: { 'Accept-Encoding': 'gzip' } })
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    expect(response.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(plain.text)
  })
})

describe('/openapi/v3', () => {
  it('lists a document for each group and version, under an address that changes with it', async () => {
    const { paths } = (await call(api, '/openapi/v3')).json<{
      paths: Record<string, { serverRelativeURL: string }>
    }>()
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/coxswain.io/v1alpha1']),
    )
    for (const { serverRelativeURL } of Object.values(paths)) {
      const { code, headers, text } = await call(api, serverRelativeURL)
      expect(code).toBe(200)
      expect(headers['cache-control']).toContain('immutable')
      const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } }
      const missing = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].filter(
        ([, name = '']) => !components.schemas[name],
      )
      expect(missing).toEqual([])
    }
  })

  it('is 404 for what is not served, and no more than JSON', async () => {
    expect((await call(api, '/openapi/v3/apis/none/v1')).code).toBe(404)
    const accept = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'
    expect((await call(api, '/openapi/v3', { headers: { Accept: accept } })).code).toBe(406)
  })
})

describe('the documents', () => {
  it('are built anew when the kinds change, and only then', async () => {
    const documents = new OpenApiDocuments()
    const before = await documents.get(kinds, 'v2.json')
    expect(await documents.get([...kinds], 'v2.json')).toBe(before)
    const backup: Kind = {
      ...(DeploymentKind as unknown as Kind),
      group: 'stable.example.com',
      version: 'v1',
      kind: 'Backup',
      plural: 'backups',
      schema: { type: 'object', properties: { spec: { type: 'object' } } },
    }
    const after = await documents.get([...kinds, backup], 'v2.json')
    expect(after?.hash).not.toBe(before?.hash)
    expect(after?.bytes.toString()).toContain('"com.example.stable.v1.Backup"')
  })
})
