import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigMapKind } from '../../../../src-main/api/kinds/config-map.ts'
import { call, type CallOptions, open } from './call.ts'
import { deployment } from './manifests.ts'
import { serveApi, type ServedApi } from './served-api.ts'

let api: ServedApi
beforeAll(async () => {
  api = await serveApi()
})
afterAll(() => api.stop())

const maps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

describe('abuse', () => {
  const json = { 'Content-Type': 'application/json' }
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi']
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(9)
          .fill(`*${'abcdefghi'[index] ?? ''}`)
          .join(',')}]`,
    )
    .join('\n')}`

  it.each<[string, number, CallOptions & { path?: string }]>([
    ['no JSON', 400, { body: '{' }],
    ['an empty body', 400, { body: '' }],
    ['a list', 400, { body: [] }],
    ['a number', 400, { body: '1' }],
    ['null', 400, { body: 'null' }],
    ['no UTF-8', 400, { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }],
    ['deep nesting', 400, { body: `{"metadata":{"name":"a"},"data":${deep}}` }],
    ['deep nesting in YAML', 400, { body: `data: ${deep}`, headers: { 'Content-Type': 'application/yaml' } }],
    ['a YAML alias bomb', 400, { body: bomb, headers: { 'Content-Type': 'application/yaml' } }],
    ['broken YAML', 400, { body: 'a: [', headers: { 'Content-Type': 'application/yaml' } }],
    ['__proto__', 400, { body: '{"metadata":{"name":"a"},"__proto__":{"polluted":1}}' }],
    ['more than 3 MiB', 413, { body: `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}` }],
    ['another content type', 415, { body: '{}', headers: { 'Content-Type': 'text/plain' } }],
    [
      'broken protobuf',
      400,
      { body: 'k8s', headers: { 'Content-Type': 'application/vnd.kubernetes.protobuf' } },
    ],
    ['metadata of a wrong type', 400, { body: { metadata: 'x' } }],
    ['a name of a wrong type', 400, { body: { metadata: { name: 5 } } }],
    ['labels of a wrong type', 422, { body: { metadata: { name: 'a', labels: [1] } } }],
    ['data of a wrong type', 422, { body: { metadata: { name: 'a' }, data: 'x' } }],
    ['another kind', 400, { body: { kind: 'Secret', metadata: { name: 'a' } } }],
    ['another namespace', 400, { body: { metadata: { name: 'a', namespace: 'kube-system' } } }],
    ['no name', 422, { body: { metadata: {} } }],
    ['an unknown dryRun', 400, { body: { metadata: { name: 'a' } }, path: `${maps}?dryRun=Some` }],
    [
      'an unknown fieldValidation',
      400,
      { body: { metadata: { name: 'a' } }, path: `${maps}?fieldValidation=No` },
    ],
  ])('%s: %i', async (_what, code, { path = maps, ...options }) => {
    const reply = await call(api, path, { method: 'POST', headers: json, ...options })
    expect(reply.code, reply.text).toBe(code)
    expect(reply.json()).toMatchObject({ kind: 'Status', status: 'Failure', code })
    expect({}).not.toHaveProperty('polluted')
  })

  it.each<[string, number, CallOptions?]>([
    ['/api/v1/%zz', 400],
    ['/api/v1/nothings', 404],
    ['/api/v2/pods', 404],
    ['/api/v1/namespaces/default/pods/a/b/c', 404],
    ['/apis/nothing/v1', 404],
    ['/api/v1/pods/a', 404],
    ['/api/v1/namespaces/default/nodes', 404],
    [`${maps}/none`, 404],
    [`${maps}/constructor`, 404],
    ['/api/v1/namespaces/default/pods/a/constructor', 404],
    [`${maps}?limit=x`, 400],
    [`${maps}?continue=rubbish`, 400],
    [`${maps}?resourceVersion=abc`, 400],
    [`${maps}?resourceVersion=99999999`, 410],
    [`${maps}?labelSelector=a%3D%3D%3Db%20c`, 400],
    [`${maps}?fieldSelector=status.phase%3DRunning`, 400],
    [`${maps}?fieldSelector=constructor%3Dx`, 400],
    ['/apis/events.k8s.io/v1/events?fieldSelector=regarding.kind=Pod,regarding.name=web', 200],
    ['/apis/events.k8s.io/v1/events?fieldSelector=involvedObject.kind=Pod', 400],
    ['/api/v1/events?fieldSelector=regarding.kind=Pod', 400],
    [`${maps}?watch=1&timeoutSeconds=x`, 400],
    [`${maps}?watch=1&resourceVersion=abc`, 400],
    [maps, 406, { headers: { Accept: 'application/vnd.kubernetes.protobuf' } }],
    [maps, 405, { method: 'PUT', body: {} }],
    [maps, 405, { method: 'BREW' }],
    [`${maps}/none`, 404, { method: 'DELETE' }],
    [`${maps}/none`, 400, { method: 'DELETE', body: '{' }],
    [`${maps}/none`, 400, { method: 'DELETE', body: { propagationPolicy: 'Sideways' } }],
    [`${maps}/none`, 400, { method: 'DELETE', body: { gracePeriodSeconds: 'soon' } }],
    ['/api/v1/configmaps', 400, { method: 'DELETE' }],
    [`${maps}?labelSelector=${Array.from({ length: 10_000 }, (_, n) => `a!=${n}`).join(',')}`, 200],
    [`${maps}?labelSelector=${'a'.repeat(300_000)}`, 431],
  ])('%.200s: %i', async (path, code, options = {}) => {
    const method = options.method === 'BREW' ? 'PROPFIND' : options.method
    const reply = await call(api, path, { ...options, ...(method ? { method } : {}) })
    expect(reply.code, reply.text).toBe(code)
  })

  it('answers everything else while a body trickles in', async () => {
    const slow = open(api, maps, { method: 'POST', headers: { 'Content-Length': '1000' }, body: '{' }).catch(
      () => undefined,
    )
    expect((await call(api, maps)).code).toBe(200)
    void slow
  })
})

describe('field validation', () => {
  const text = (name: string) =>
    `{"metadata":{"name":"${name}"},"spec":{"selector":{"matchLabels":{"app":"x"}},"replicas":1,"replicas":2,"replicass":3,` +
    `"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"main","image":"a","image":"b","imagee":"c"}]}}}}`

  it('Strict names every unknown field', async () => {
    const body = text('strict').replace('"replicas":1,', '').replace('"image":"a",', '')
    const reply = await call(api, `${deployments}?fieldValidation=Strict`, { method: 'POST', body })
    expect(reply.code).toBe(400)
    expect(reply.json<{ message: string }>().message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicass", unknown field "spec.template.spec.containers[0].imagee"',
    )
  })

  it('Strict names every field that is given twice', async () => {
    const reply = await call(api, `${deployments}?fieldValidation=Strict`, {
      method: 'POST',
      body: text('twice'),
    })
    expect(reply.json<{ message: string }>().message).toContain(
      'strict decoding error: duplicate field "spec.replicas", duplicate field "spec.template.spec.containers[0].image"',
    )
  })

  it('Warn tells the same in headers and goes on without them', async () => {
    const reply = await call(api, deployments, { method: 'POST', body: text('warn') })
    expect(reply.code).toBe(201)
    expect(reply.headers.warning).toBe(
      [
        '299 - "duplicate field \\"spec.replicas\\""',
        '299 - "duplicate field \\"spec.template.spec.containers[0].image\\""',
        '299 - "unknown field \\"spec.replicass\\""',
        '299 - "unknown field \\"spec.template.spec.containers[0].imagee\\""',
      ].join(', '),
    )
    expect(reply.text).not.toContain('imagee')
  })

  it('Ignore says nothing', async () => {
    const reply = await call(api, `${deployments}?fieldValidation=Ignore`, {
      method: 'POST',
      body: text('ignore'),
    })
    expect([reply.code, reply.headers.warning]).toEqual([201, undefined])
  })

  it('takes YAML, and finds keys that are given twice there too', async () => {
    const headers = { 'Content-Type': 'application/yaml' }
    const body = 'metadata:\n  name: yaml\ndata:\n  a: "1"\n  a: "2"\n'
    const strict = await call(api, `${maps}?fieldValidation=Strict`, { method: 'POST', headers, body })
    expect(strict.json<{ message: string }>().message).toContain('line 5: key already set in map')
    const reply = await call(api, maps, { method: 'POST', headers, body })
    expect([reply.code, reply.json().data]).toEqual([201, { a: '2' }])
  })
})

describe('writes', () => {
  it('PUT compares the resourceVersion, and wants the name of the address', async () => {
    const created = (await call(api, maps, { method: 'POST', body: { metadata: { name: 'put' } } })).json<{
      metadata: { resourceVersion: string }
    }>()
    const put = (body: object) => call(api, `${maps}/put`, { method: 'PUT', body })
    expect((await put({ ...created, data: { a: '1' } })).code).toBe(200)
    expect((await put({ ...created, data: { a: '2' } })).json()).toMatchObject({
      reason: 'Conflict',
      code: 409,
    })
    expect((await put({ metadata: { name: 'other' } })).json()).toMatchObject({
      code: 400,
      message: 'the name of the object (other) does not match the name on the URL (put)',
    })
    expect((await put({ metadata: { name: 'put', namespace: 'other' } })).code).toBe(400)
    expect((await put({ metadata: { name: 'put' }, data: { a: '3' } })).json().data).toEqual({ a: '3' })
  })

  it.each([
    ['application/json-patch+json', [{ op: 'add', path: '/data', value: { k: '1' } }], { k: '1' }],
    ['application/merge-patch+json', { data: { k: '1' } }, { k: '1' }],
    ['application/strategic-merge-patch+json', { data: { k: '1' } }, { k: '1' }],
  ])('PATCH with %s', async (type, body, data) => {
    await call(api, maps, { method: 'POST', body: { metadata: { name: 'patched' } } })
    const reply = await call(api, `${maps}/patched`, {
      method: 'PATCH',
      headers: { 'Content-Type': type },
      body,
    })
    expect(reply.json().data).toEqual(data)
    await call(api, `${maps}/patched`, { method: 'DELETE' })
  })

  it.each([
    ['application/json', '{}', 415],
    ['application/apply-patch+yaml', 'a: b', 422],
    ['application/json-patch+json', '{}', 400],
    ['application/json-patch+json', '[{"op":"test","path":"/x","value":1}]', 422],
    ['application/json-patch+json', '[{"op":"replace","path":"","value":null}]', 400],
    ['application/merge-patch+json', '5', 400],
    ['application/merge-patch+json', '{"metadata":{"name":"x"}}', 422],
    ['application/merge-patch+json', '{"metadata":{"resourceVersion":"1"}}', 409],
    ['application/strategic-merge-patch+json', '{"metadata":{"finalizers":[{}]}}', 422],
    ['application/strategic-merge-patch+json', '{"$patch":"explode"}', 400],
  ])('PATCH with %s %s: %i', async (type, body, code) => {
    await call(api, maps, { method: 'POST', body: { metadata: { name: 'unpatched' } } })
    const reply = await call(api, `${maps}/unpatched`, {
      method: 'PATCH',
      headers: { 'Content-Type': type },
      body,
    })
    expect(reply.code, reply.text).toBe(code)
  })

  it('refuses force on a patch that is no apply', async () => {
    await call(api, maps, { method: 'POST', body: { metadata: { name: 'unpatched' } } })
    const reply = await call(api, `${maps}/unpatched?force=true`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: { data: { a: 'b' } },
    })
    expect(reply.json()).toMatchObject({
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    })
  })

  it('many patches at once all arrive', async () => {
    await call(api, maps, { method: 'POST', body: { metadata: { name: 'many' } } })
    const headers = { 'Content-Type': 'application/merge-patch+json' }
    const patches = Array.from({ length: 20 }, (_, index) =>
      call(api, `${maps}/many`, { method: 'PATCH', headers, body: { data: { [`k${index}`]: '1' } } }),
    )
    expect((await Promise.all(patches)).map(reply => reply.code)).toEqual(Array(20).fill(200))
    expect(Object.keys(api.registry.get(ConfigMapKind, 'many', 'default')?.data ?? {})).toHaveLength(20)
  })

  it('scale and status are addressed apart', async () => {
    await call(api, deployments, { method: 'POST', body: deployment('parts') })
    const headers = { 'Content-Type': 'application/merge-patch+json' }
    const patch = (part: string, body: object) =>
      call(api, `${deployments}/parts/${part}`, { method: 'PATCH', headers, body })
    expect((await patch('scale', { spec: { replicas: 7 } })).json()).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 7 },
    })
    expect((await patch('scale', { spec: { replicas: 'x' } })).code).toBe(422)
    await patch('status', { status: { replicas: 3 }, spec: { replicas: 1 } })
    const stored = (await call(api, `${deployments}/parts`)).json()
    expect(stored).toMatchObject({ spec: { replicas: 7 }, status: { replicas: 3 } })
  })

  it('DELETE of a collection takes what the selector matches', async () => {
    for (const [name, app] of [['one', 'x'], ['two', 'x'], ['three', 'y']]) {
      await call(api, maps, { method: 'POST', body: { metadata: { name, labels: { app } } } })
    } // prettier-ignore
    const reply = await call(api, `${maps}?labelSelector=app%3Dx`, { method: 'DELETE' })
    expect(
      reply.json<{ items: { metadata: { name: string } }[] }>().items.map(item => item.metadata.name),
    ).toEqual(['one', 'two'])
    expect((await call(api, `${maps}/three`)).code).toBe(200)
  })
})

describe('lists', () => {
  const page = (query: string) => call(api, `${maps}?labelSelector=list%3Dpages&${query}`)
  type List = {
    metadata: { resourceVersion: string; continue?: string }
    items: { metadata: { name: string; namespace: string } }[]
  }
  const names = (list: List) => list.items.map(item => item.metadata.name)
  const make = (name: string) =>
    call(api, maps, { method: 'POST', body: { metadata: { name, labels: { list: 'pages' } } } })

  beforeAll(async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make(name)
  })

  it('come page by page, all of one moment', async () => {
    const first = (await page('limit=2')).json<List>()
    expect(names(first)).toEqual(['a', 'b'])
    await make('bb')
    await call(api, `${maps}/d`, { method: 'DELETE' })
    const second = (await page(`limit=2&continue=${first.metadata.continue}`)).json<List>()
    const third = (await page(`limit=2&continue=${second.metadata.continue}`)).json<List>()
    expect([...names(second), ...names(third)]).toEqual(['c', 'd', 'e'])
    expect(third.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion })
    expect(names((await page('')).json<List>())).toEqual(['a', 'b', 'bb', 'c', 'e'])
  })

  it('come page by page across namespaces of which one begins with the name of the other', async () => {
    const inBoth = '/api/v1/configmaps?labelSelector=list%3Dnamespaces'
    for (const namespace of ['shop', 'shop-test']) {
      await call(api, '/api/v1/namespaces', { method: 'POST', body: { metadata: { name: namespace } } })
      for (const name of ['a', 'b']) {
        const body = { metadata: { name, labels: { list: 'namespaces' } } }
        await call(api, `/api/v1/namespaces/${namespace}/configmaps`, { method: 'POST', body })
      }
    }
    const found: string[] = []
    let list: List = (await call(api, `${inBoth}&limit=1`)).json<List>()
    for (;;) {
      found.push(...list.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
      if (!list.metadata.continue) break
      // from here on the pages come out of the history
      await call(api, maps, { method: 'POST', body: { metadata: { name: `between-${found.length}` } } })
      list = (await call(api, `${inBoth}&limit=1&continue=${list.metadata.continue}`)).json<List>()
    }
    expect(found).toEqual(['shop/a', 'shop/b', 'shop-test/a', 'shop-test/b'])
  })

  it('come as a Table, as metadata only, and compressed when they are large', async () => {
    const accept = (as: string) => ({ headers: { Accept: `application/json;as=${as};v=v1;g=meta.k8s.io` } })
    expect((await call(api, maps, accept('Table'))).json()).toMatchObject({
      kind: 'Table',
      columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
    })
    expect((await call(api, maps, accept('PartialObjectMetadataList'))).json()).toMatchObject({
      kind: 'PartialObjectMetadataList',
    })
    await call(api, maps, {
      method: 'POST',
      body: { metadata: { name: 'large' }, data: { x: 'x'.repeat(500_000) } },
    })
    const response = await open(api, maps, { headers: { 'Accept-Encoding': 'gzip' } })
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    expect(response.headers['content-encoding']).toBe('gzip')
    expect(bytes.length).toBeLessThan(gzipSync('x'.repeat(500_000)).length + 20_000)
    expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ kind: 'ConfigMapList' })
  })

  it('of thousands arrive whole', async () => {
    const objects = Array.from({ length: 3000 }, (_, index) => ({
      metadata: { name: `many-${index}`, namespace: 'kube-system' },
    }))
    await Promise.all(objects.map(object => api.registry.create(ConfigMapKind, object)))
    for (const encoding of ['identity', 'gzip']) {
      const response = await open(api, '/api/v1/namespaces/kube-system/configmaps', {
        headers: { 'Accept-Encoding': encoding },
      })
      const chunks: Buffer[] = []
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      const text = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
      expect((JSON.parse(text.toString()) as List).items).toHaveLength(3000)
    }
  })

  it('of a few large objects are no text as a whole, and so is what a deletion answers', async () => {
    const large = '/api/v1/namespaces/large/configmaps'
    await call(api, '/api/v1/namespaces', { method: 'POST', body: { metadata: { name: 'large' } } })
    const wanted = ['a', 'b', 'c', 'd', 'e']
    const data = { x: 'x'.repeat(700_000) }
    for (const name of wanted) await call(api, large, { method: 'POST', body: { metadata: { name }, data } })
    for (const method of ['GET', 'DELETE']) {
      const response = await open(api, large, { method })
      expect(response.headers['content-length']).toBeUndefined()
      let text = ''
      for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk
      expect(names(JSON.parse(text) as List)).toEqual(wanted)
    }
    expect(names((await call(api, large)).json<List>())).toEqual([])
  })

  it.each([
    ['metadata.name=a', ['a']],
    ['metadata.name!=a,metadata.name!=b', ['bb', 'c', 'e']],
    ['metadata.namespace=kube-system', []],
  ])('are narrowed by the field selector %s', async (selector, expected) => {
    expect(names((await page(`fieldSelector=${encodeURIComponent(selector)}`)).json<List>())).toEqual(
      expected,
    )
  })
})

describe('discovery', () => {
  it('tells the same in the old form and in the aggregated one', async () => {
    type Resource = { name: string }
    const walked: string[] = []
    const groups = (await call(api, '/apis')).json<{ groups: { versions: { groupVersion: string }[] }[] }>()
      .groups
    const versions = [
      '/api/v1',
      ...groups.flatMap(group => group.versions.map(version => `/apis/${version.groupVersion}`)),
    ]
    for (const path of versions) {
      const list = (await call(api, path)).json<{ groupVersion: string; resources: Resource[] }>()
      walked.push(...list.resources.map(resource => `${list.groupVersion} ${resource.name}`))
    }
    for (const version of ['v2', 'v2beta1']) {
      const aggregated: string[] = []
      for (const path of ['/api', '/apis']) {
        const Accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`
        const reply = await call(api, path, { headers: { Accept } })
        expect(reply.headers['content-type']).toBe(
          `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
        )
        type Discovery = { items: { metadata: { name: string }; versions: { version: string; resources: { resource: string; subresources: { subresource: string }[] }[] }[] }[] } // prettier-ignore
        for (const group of reply.json<Discovery>().items) {
          for (const { version, resources } of group.versions) {
            const prefix = group.metadata.name ? `${group.metadata.name}/${version}` : version
            for (const { resource, subresources } of resources) {
              aggregated.push(`${prefix} ${resource}`)
              aggregated.push(...subresources.map(below => `${prefix} ${resource}/${below.subresource}`))
            }
          }
        }
      }
      expect(aggregated.sort()).toEqual(walked.sort())
    }
    expect(walked).toContain('apps/v1 deployments/scale')
    expect(walked).toContain('v1 pods/log')
  })

  it('has the OpenAPI documents that kubectl looks for', async () => {
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
    const v2 = await call(api, '/openapi/v2', { headers: { Accept: accept } })
    expect(v2.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
    const index = (await call(api, '/openapi/v3')).json<{
      paths: Record<string, { serverRelativeURL: string }>
    }>()
    const url = index.paths['apis/apps/v1']?.serverRelativeURL ?? ''
    expect((await call(api, url)).text).toContain('"fieldValidation"')
  })

  it('answers reviews', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const reply = await call(api, path, {
      method: 'POST',
      body: { spec: { resourceAttributes: { verb: 'get' } } },
    })
    expect(reply.json()).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed: true } })
  })
})
