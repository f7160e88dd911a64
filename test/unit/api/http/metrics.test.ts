import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NodeKind } from '../../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import type { MetricsSource } from '../../../../src-main/api/metrics/metrics-source.ts'
import { call } from './call.ts'
import { serveApi, type ServedApi } from './served-api.ts'

const at = Date.UTC(2026, 0, 1)
const used = { cpuNanoCores: 12_345_678, memoryBytes: 20 * 1024 * 1024 }
const source: MetricsSource = {
  pod: async ({ metadata }) =>
    metadata.name === 'web' ? { at, windowMs: 15_000, containers: [{ name: 'main', ...used }] } : undefined,
  node: async name => (name === 'n1' ? { at, windowMs: 15_000, ...used } : undefined),
}
const base = '/apis/metrics.k8s.io/v1beta1'
let api: ServedApi

beforeAll(async () => {
  api = await serveApi({ metrics: source })
  for (const name of ['web', 'waiting']) {
    await api.registry.create(PodKind, {
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    })
  }
  for (const name of ['n1', 'n2']) await api.registry.create(NodeKind, { metadata: { name }, spec: {} })
})
afterAll(() => api.stop())

const names = async (path: string) =>
  (await call(api, path))
    .json<{ items: { metadata: { name: string } }[] }>()
    .items.map(item => item.metadata.name)

describe('metrics.k8s.io', () => {
  it('gives what a pod uses, in the form of metrics-server', async () => {
    expect((await call(api, `${base}/namespaces/default/pods/web`)).json()).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name: 'web',
        namespace: 'default',
        labels: { app: 'web' },
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      timestamp: '2026-01-01T00:00:00Z',
      window: '15.000s',
      containers: [{ name: 'main', usage: { cpu: '12345678n', memory: '20480Ki' } }],
    })
  })

  it('gives what a node uses', async () => {
    expect((await call(api, `${base}/nodes/n1`)).json()).toMatchObject({
      kind: 'NodeMetrics',
      metadata: { name: 'n1' },
      usage: { cpu: '12345678n', memory: '20480Ki' },
    })
  })

  it.each([
    [`${base}/pods`, ['web']],
    [`${base}/namespaces/default/pods`, ['web']],
    [`${base}/namespaces/other/pods`, []],
    [`${base}/pods?labelSelector=app%3Dweb`, ['web']],
    [`${base}/pods?labelSelector=app%21%3Dweb`, []],
    [`${base}/nodes`, ['n1']],
    [`${base}/nodes?fieldSelector=metadata.name%3Dn2`, []],
  ])('lists at %s only what was measured', async (path, expected) => {
    expect(await names(path)).toEqual(expected)
  })

  it.each([
    ['GET', 'namespaces/default/pods/waiting', 404],
    ['GET', 'namespaces/default/pods/missing', 404],
    ['GET', 'nodes/n2', 404],
    ['GET', 'namespaces/default/nodes', 404],
    ['GET', 'services', 404],
    ['DELETE', 'nodes/n1', 405],
  ])('answers %s %s with %i', async (method, path, code) => {
    expect((await call(api, `${base}/${path}`, { method })).code).toBe(code)
  })

  it('is discovered, the old way and the new one', async () => {
    const list = (await call(api, base)).json<{ resources: { name: string; kind: string }[] }>()
    expect(list.resources.map(({ name, kind }) => [name, kind])).toEqual([
      ['nodes', 'NodeMetrics'],
      ['pods', 'PodMetrics'],
    ])
    const Accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    expect((await call(api, '/apis', { headers: { Accept } })).text).toContain('metrics.k8s.io')
  })
})
