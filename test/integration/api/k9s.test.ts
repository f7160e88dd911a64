import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesField, message } from '../../../src-main/api/protobuf/wire.ts'
import { waitFor } from '../lab.ts'
import type { Cox } from '../support/cox.ts'
import { type Program, programAtShop, succeeded, until } from './program.ts'

/** What k9s (0.51, client-go 0.35) sends, from its sources: internal/client, internal/dao, internal/watch. */
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io, application/json'
const DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const STRATEGIC = 'application/strategic-merge-patch+json'

/** Its views. */
const VIEWS = [
  '/api/v1/pods', '/api/v1/nodes', '/api/v1/namespaces', '/api/v1/services', '/api/v1/endpoints', '/api/v1/configmaps',
  '/api/v1/secrets', '/api/v1/serviceaccounts', '/api/v1/persistentvolumes', '/api/v1/persistentvolumeclaims',
  '/api/v1/replicationcontrollers', '/apis/events.k8s.io/v1/events', '/apis/apps/v1/deployments',
  '/apis/apps/v1/statefulsets', '/apis/apps/v1/daemonsets', '/apis/apps/v1/replicasets', '/apis/batch/v1/jobs',
  '/apis/batch/v1/cronjobs', '/apis/autoscaling/v1/horizontalpodautoscalers',
  '/apis/discovery.k8s.io/v1/endpointslices', '/apis/networking.k8s.io/v1/ingresses',
  '/apis/networking.k8s.io/v1/networkpolicies', '/apis/policy/v1/poddisruptionbudgets',
  '/apis/storage.k8s.io/v1/storageclasses', '/apis/scheduling.k8s.io/v1/priorityclasses',
  '/apis/rbac.authorization.k8s.io/v1/roles', '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', '/apis/coxswain.io/v1alpha1/servers',
] // prettier-ignore

interface Table {
  kind: string
  columnDefinitions: { name: string; priority: number }[]
  rows: { cells: unknown[]; object: { kind: string; metadata: { name: string }; spec?: object } }[]
}

let cox: Cox
let k9s: Program
let pod: string

beforeAll(async () => {
  ;({
    cox,
    program: k9s,
    pod,
  } = await programAtShop({ 'User-Agent': 'k9s/v0.51.0 (linux/amd64) kubernetes/$Format' }))
}, 120_000)
afterAll(async () => {
  k9s?.close()
  await cox?.dispose()
})

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const pods = '/api/v1/namespaces/default/pods'

/** As client-go writes a typed object: the empty members are there. */
function accessReview(verb: string, group: string, resource: string): Buffer {
  const attributes = message(
    bytesField(1, ''), bytesField(2, verb), bytesField(3, group), bytesField(4, ''), bytesField(5, resource),
    bytesField(6, ''), bytesField(7, ''),
  ) // prettier-ignore
  const type = message(bytesField(1, 'authorization.k8s.io/v1'), bytesField(2, 'SelfSubjectAccessReview'))
  const review = message(bytesField(2, message(bytesField(1, attributes))))
  return message(Buffer.from('k8s\0'), bytesField(1, type), bytesField(2, review))
}

/** The events of a watch so far; the last line may still be on its way. */
function eventsIn(
  text: string,
): { type: string; object: { metadata: { annotations?: object; name?: string } } }[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as ReturnType<typeof eventsIn>[number])
}

describe('at its start', () => {
  it('asks for the version and the groups, and finds metrics among them', async () => {
    expect((await k9s.get('/version?timeout=15s', 'application/json, */*')).json()).toMatchObject({
      major: '1',
    })
    for (const path of ['/api', '/apis']) {
      const reply = await k9s.get(`${path}?timeout=15s`, DISCOVERY)
      expect(reply.headers['content-type']).toContain('as=APIGroupDiscoveryList')
      expect(reply.json()).toMatchObject({
        kind: 'APIGroupDiscoveryList',
        apiVersion: 'apidiscovery.k8s.io/v2',
      })
      if (path === '/apis') expect(reply.text).toContain('"metrics.k8s.io"')
    }
  })

  it('asks in protobuf, before each view, whether it may get, list and watch', async () => {
    const asked = VIEWS.flatMap(path => {
      const [root, group = ''] = path.slice(1).split('/')
      const resource = path.split('/').at(-1) ?? ''
      return ['get', 'list', 'watch'].map(verb => accessReview(verb, root === 'api' ? '' : group, resource))
    })
    const replies = await Promise.all(
      asked.map(body =>
        k9s.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          type: PROTOBUF,
          accept: `${PROTOBUF},application/json`,
          body,
        }),
      ),
    )
    for (const reply of replies) {
      expect(reply.code).toBe(201)
      expect(reply.headers['content-type']).toContain('application/json')
      expect(reply.json()).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed: true } })
    }
  })

  it('finds no pod security policies', async () => {
    expect((await k9s.get('/apis/policy/v1beta1/podsecuritypolicies')).code).toBe(404)
  })
})

describe('its views', () => {
  it.each(VIEWS)('%s as a table, with the objects', async path => {
    const reply = succeeded(await k9s.get(`${path}?includeObject=Object`, TABLE))
    const { kind, columnDefinitions, rows } = reply.json<Table>()
    expect(kind).toBe('Table')
    expect(columnDefinitions[0]?.name).toMatch(/^(Name|Last Seen)$/)
    for (const row of rows) expect(row.cells).toHaveLength(columnDefinitions.length)
    expect(rows.every(({ object }) => object.metadata.name !== '')).toBe(true)
  })

  it('whole objects are in the rows', async () => {
    const { rows } = (await k9s.get(`${pods}?includeObject=Object`, TABLE)).json<Table>()
    expect(rows[0]?.object).toMatchObject({ kind: 'Pod', spec: { containers: [{ name: 'main' }] } })
  })

  it('are kept by informers, that list and watch', async () => {
    const list = succeeded(await k9s.get('/api/v1/pods?limit=500&resourceVersion=0')).json<{
      metadata: { resourceVersion: string }
    }>()
    const { resourceVersion } = list.metadata
    const watch = await k9s.stream(
      `/api/v1/configmaps?allowWatchBookmarks=true&resourceVersion=${resourceVersion}&timeoutSeconds=400&watch=true`,
    )
    const body = { metadata: { name: 'informed' } }
    succeeded(await k9s.send('POST', '/api/v1/namespaces/default/configmaps', { body }))
    await until('the event', () =>
      eventsIn(watch.text()).find(({ object }) => object.metadata.name === 'informed'),
    )
    watch.close()
  })

  it('or that only watch, until a bookmark says that all is there', async () => {
    const watch = await k9s.stream(
      '/api/v1/nodes?allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=400&watch=true',
    )
    const events = await until('the bookmark', () => {
      const seen = eventsIn(watch.text())
      return seen.at(-1)?.type === 'BOOKMARK' ? seen : undefined
    })
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK'])
    expect(events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    watch.close()
  })

  it('have what nodes and pods use', async () => {
    for (const path of ['nodes', 'pods', 'namespaces/default/pods', `namespaces/default/pods/${pod}`]) {
      const reply = await k9s.get(`/apis/metrics.k8s.io/v1beta1/${path}`)
      expect(succeeded(reply).json<{ kind: string }>().kind).toMatch(
        /^(NodeMetricsList|PodMetricsList|PodMetrics)$/,
      )
    }
  })

  it('explain kinds from OpenAPI v3', async () => {
    const index = succeeded(await k9s.get('/openapi/v3')).json<{
      paths: Record<string, { serverRelativeURL: string }>
    }>()
    const url = index.paths['apis/apps/v1']?.serverRelativeURL ?? ''
    expect(succeeded(await k9s.get(url)).text).toContain('io.k8s.api.apps.v1.Deployment')
  })
})

describe('what a person does there', () => {
  it('follows logs', async () => {
    const log = await k9s.stream(
      `${pods}/${pod}/log?container=main&follow=true&tailLines=100&timestamps=true`,
    )
    await until('a line', () => (/^\d{4}-\d\d-\d\dT\S+Z? /.test(log.text()) ? true : undefined))
    log.close()
  })

  it('reads and writes the scale', async () => {
    const scale = succeeded(await k9s.get(`${deployments}/shop/scale`)).json<{ kind: string; spec: object }>()
    expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 } })
    const written = await k9s.send('PUT', `${deployments}/shop/scale`, {
      body: { ...scale, spec: { replicas: 4 } },
    })
    expect(succeeded(written).json()).toMatchObject({ spec: { replicas: 4 } })
  })

  it('restarts, and sets an image', async () => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date(0).toISOString() }
    const patch = (body: object) => k9s.send('PATCH', `${deployments}/shop`, { type: STRATEGIC, body })
    succeeded(await patch({ spec: { template: { metadata: { annotations } } } }))
    const containers = [{ name: 'main', image: 'web:2' }]
    const order = { '$setElementOrder/containers': [{ name: 'main' }] }
    const changed = succeeded(await patch({ spec: { template: { spec: { ...order, containers } } } }))
    expect(changed.json()).toMatchObject({
      spec: {
        template: { metadata: { annotations }, spec: { containers: [{ image: 'web:2', ports: [{}] }] } },
      },
    })
  })

  it('cordons and drains a node', async () => {
    const node =
      (await k9s.get('/api/v1/nodes')).json<{ items: { metadata: { name: string } }[] }>().items[0]?.metadata
        .name ?? ''
    const cordon = { spec: { unschedulable: true } }
    succeeded(await k9s.send('PATCH', `/api/v1/nodes/${node}`, { type: STRATEGIC, body: cordon }))
    const core = (await k9s.get('/api/v1')).json<{ resources: { name: string; kind: string }[] }>()
    expect(core.resources).toContainEqual(
      expect.objectContaining({ name: 'pods/eviction', kind: 'Eviction' }),
    )
    const on = `fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}&limit=500`
    const { items } = (await k9s.get(`/api/v1/pods?${on}`)).json<{
      items: { metadata: { name: string; namespace: string } }[]
    }>()
    for (const { metadata } of items) {
      const body = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata,
        deleteOptions: { gracePeriodSeconds: 0 },
      }
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/eviction`
      const reply = await k9s.send('POST', path, { body })
      expect([201, 404], reply.text).toContain(reply.code)
    }
    await waitFor('the node to be empty', async () => {
      const left = (await k9s.get(`/api/v1/pods?${on}`)).json<{ items: unknown[] }>()
      return left.items.length === 0
    })
    succeeded(
      await k9s.send('PATCH', `/api/v1/nodes/${node}`, {
        type: STRATEGIC,
        body: { spec: { unschedulable: null } },
      }),
    )
  })

  it('deletes at once, and with what belongs to it', async () => {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions' }
    const { items } = (await k9s.get(`${pods}?labelSelector=app%3Dshop`)).json<{
      items: { metadata: { name: string } }[]
    }>()
    const name = items[0]?.metadata.name ?? ''
    const gone = await k9s.send('DELETE', `${pods}/${name}`, {
      body: { ...options, propagationPolicy: 'Background', gracePeriodSeconds: 0 },
    })
    expect([200, 404], gone.text).toContain(gone.code)
    succeeded(
      await k9s.send('DELETE', `${deployments}/shop`, {
        body: { ...options, propagationPolicy: 'Foreground' },
      }),
    )
    await cox.kubectl('wait', '--for=delete', 'deployment/shop', '--timeout=60s')
  })
})
