import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cox } from '../support/cox.ts'
import { type Program, programAtShop, succeeded, until } from './program.ts'

/**
 * What Headlamp (0.40) sends, from its sources: frontend/src/lib/k8s and backend/cmd. Its backend passes the requests of
 * its page on with the page's headers and the kubeconfig's token.
 */
const PAGE = {
  Origin: 'http://localhost:4466',
  Referer: 'http://localhost:4466/',
  Cookie: 'headlamp-auth-main.0=x',
  'User-Agent': 'Headlamp 0.40.0 (linux/amd64)',
  'X-Forwarded-For': '127.0.0.1',
  'X-Forwarded-Host': 'localhost:4466',
  'Sec-Fetch-Site': 'same-origin',
}
const MERGE = 'application/merge-patch+json'
const DISCOVERY = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList'
const LOG_PROTOCOL = 'base64.binary.k8s.io'
const COMMAND_PROTOCOLS = [
  LOG_PROTOCOL, 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io',
] // prettier-ignore

/** The lists of its pages: resource and kind. */
const PAGES: readonly (readonly [path: string, kind: string])[] = [
  ['/api/v1/nodes', 'Node'],
  ['/api/v1/namespaces', 'Namespace'],
  ['/api/v1/pods', 'Pod'],
  ['/api/v1/events', 'Event'],
  ['/api/v1/services', 'Service'],
  ['/api/v1/endpoints', 'Endpoints'],
  ['/api/v1/configmaps', 'ConfigMap'],
  ['/api/v1/secrets', 'Secret'],
  ['/api/v1/serviceaccounts', 'ServiceAccount'],
  ['/api/v1/persistentvolumes', 'PersistentVolume'],
  ['/api/v1/persistentvolumeclaims', 'PersistentVolumeClaim'],
  ['/api/v1/resourcequotas', 'ResourceQuota'],
  ['/api/v1/limitranges', 'LimitRange'],
  ['/apis/apps/v1/deployments', 'Deployment'],
  ['/apis/apps/v1/replicasets', 'ReplicaSet'],
  ['/apis/apps/v1/statefulsets', 'StatefulSet'],
  ['/apis/apps/v1/daemonsets', 'DaemonSet'],
  ['/apis/batch/v1/jobs', 'Job'],
  ['/apis/batch/v1/cronjobs', 'CronJob'],
  ['/apis/autoscaling/v2/horizontalpodautoscalers', 'HorizontalPodAutoscaler'],
  ['/apis/policy/v1/poddisruptionbudgets', 'PodDisruptionBudget'],
  ['/apis/networking.k8s.io/v1/ingresses', 'Ingress'],
  ['/apis/networking.k8s.io/v1/ingressclasses', 'IngressClass'],
  ['/apis/networking.k8s.io/v1/networkpolicies', 'NetworkPolicy'],
  ['/apis/discovery.k8s.io/v1/endpointslices', 'EndpointSlice'],
  ['/apis/storage.k8s.io/v1/storageclasses', 'StorageClass'],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', 'PriorityClass'],
  ['/apis/node.k8s.io/v1/runtimeclasses', 'RuntimeClass'],
  ['/apis/coordination.k8s.io/v1/leases', 'Lease'],
  ['/apis/rbac.authorization.k8s.io/v1/roles', 'Role'],
  ['/apis/rbac.authorization.k8s.io/v1/rolebindings', 'RoleBinding'],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', 'ClusterRole'],
  ['/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', 'ClusterRoleBinding'],
  ['/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'CustomResourceDefinition'],
  ['/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', 'MutatingWebhookConfiguration'],
  ['/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', 'ValidatingWebhookConfiguration'],
]
/** What it looks for, and does without where it is not there. */
const ABSENT = [
  '/apis/autoscaling.k8s.io/v1/verticalpodautoscalers',
  '/apis/gateway.networking.k8s.io/v1/gateways',
  '/apis/cert-manager.io/v1/certificates',
  '/me',
]

interface List {
  kind: string
  apiVersion: string
  metadata: { resourceVersion: string; continue?: string }
  items: { kind?: string; metadata: { name: string; resourceVersion: string } }[]
}

let cox: Cox
let headlamp: Program
let pod: string

beforeAll(async () => {
  ;({ cox, program: headlamp, pod } = await programAtShop(PAGE))
}, 120_000)
afterAll(async () => {
  headlamp?.close()
  await cox?.dispose()
})

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const pods = '/api/v1/namespaces/default/pods'

describe('at its start', () => {
  it('finds the cluster healthy, and its version', async () => {
    expect((await headlamp.get('/healthz')).text).toBe('ok')
    expect((await headlamp.get('/version')).json()).toMatchObject({
      major: '1',
      gitVersion: expect.stringMatching(/^v1\.\d+/) as string,
    })
  })

  it('learns that it may do everything, and who it is', async () => {
    const rules = await headlamp.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      body: { spec: { namespace: 'default' } },
    })
    expect(rules.code).toBe(201)
    expect(rules.json()).toMatchObject({ status: { resourceRules: [{ verbs: ['*'] }] } })
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const me = await headlamp.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: review,
    })
    expect(me.code).toBe(201)
    expect(me.json()).toMatchObject({ status: { userInfo: { username: expect.any(String) as string } } })
  })

  it('discovers every kind of its pages in two requests', async () => {
    const found = new Set<string>()
    for (const path of ['/api', '/apis']) {
      const reply = await headlamp.get(path, DISCOVERY)
      expect(reply.headers['content-type']).toContain('as=APIGroupDiscoveryList')
      const { items } = reply.json<{
        items: {
          metadata: { name?: string }
          versions: {
            version: string
            resources: { resource: string; scope: string; verbs: string[]; responseKind: { kind: string } }[]
          }[]
        }[]
      }>()
      for (const { metadata, versions } of items) {
        for (const { resource, verbs, responseKind, scope } of versions[0]?.resources ?? []) {
          expect(['Namespaced', 'Cluster']).toContain(scope)
          const group = metadata.name ? `/apis/${metadata.name}` : '/api'
          if (verbs.includes('list'))
            found.add(`${group}/${versions[0]?.version}/${resource} ${responseKind.kind}`)
        }
      }
    }
    for (const [path, kind] of PAGES) expect(found).toContain(`${path} ${kind}`)
  })

  it('does without what is not there', async () => {
    for (const path of ABSENT) expect((await headlamp.get(path)).code, path).toBe(404)
  })

  it('may ask many things at once whether they are allowed', async () => {
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
    const asked = PAGES.slice(0, 12).flatMap(([path]) =>
      verbs.map(verb => ({ verb, resource: path.split('/').at(-1) })),
    )
    const replies = await Promise.all(
      asked.map(resourceAttributes =>
        headlamp.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          body: { spec: { resourceAttributes } },
        }),
      ),
    )
    for (const reply of replies) expect(reply.json()).toMatchObject({ status: { allowed: true } })
  })
})

describe('on its pages', () => {
  it.each(PAGES)('lists %s', async (path, kind) => {
    const reply = succeeded(await headlamp.get(`${path}?limit=1000`))
    const list = reply.json<List>()
    expect(list.kind).toBe(`${kind}List`)
    expect(`${path}/`).toContain(`/${list.apiVersion}/`)
    expect(list.metadata.resourceVersion).toMatch(/^\d+$/)
    expect(Array.isArray(list.items)).toBe(true)
  })

  it('turns the pages of a list', async () => {
    const first = (await headlamp.get(`${pods}?limit=2`)).json<List>()
    const token = encodeURIComponent(first.metadata.continue ?? '')
    const second = (await headlamp.get(`${pods}?limit=2&continue=${token}`)).json<List>()
    expect([first.items.length, second.items.length, second.metadata.continue]).toEqual([2, 1, undefined])
  })

  it.each([
    ['its page', [LOG_PROTOCOL], () => PAGE.Origin],
    ['its multiplexer', [], () => headlamp.server],
  ])('watches through %s', async (_, protocols, origin) => {
    const { metadata } = (await headlamp.get('/api/v1/namespaces/default/configmaps')).json<List>()
    const watch = await headlamp.socket(
      `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${metadata.resourceVersion}`,
      protocols,
      { Origin: origin() },
    )
    // a browser breaks off when it offers a protocol and none is chosen
    expect(watch.protocol).toBe(protocols[0] ?? '')
    const name = `watched-${protocols.length}`
    succeeded(
      await headlamp.send('POST', '/api/v1/namespaces/default/configmaps', { body: { metadata: { name } } }),
    )
    const event = await until('the event', () =>
      watch.messages
        .map(data => JSON.parse(data.toString()) as { type: string; object: List['items'][0] })
        .find(({ object }) => object.metadata.name === name),
    )
    expect(event.type).toBe('ADDED')
    expect(Number.parseInt(event.object.metadata.resourceVersion, 10)).toBeGreaterThan(
      Number.parseInt(metadata.resourceVersion, 10),
    )
    watch.close()
  })

  it('watches one object by its name', async () => {
    const watch = await headlamp.socket(
      `${deployments}?watch=1&fieldSelector=${encodeURIComponent('metadata.name=shop')}`,
      [LOG_PROTOCOL],
    )
    const first = await until('the first event', () => watch.messages[0])
    expect(JSON.parse(first.toString())).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'shop' } },
    })
    watch.close()
  })

  it('shows the events of an object and what pods and nodes use', async () => {
    const selector = encodeURIComponent(`involvedObject.kind=Pod,involvedObject.name=${pod}`)
    const events = (
      await headlamp.get(`/api/v1/namespaces/default/events?fieldSelector=${selector}&limit=50`)
    ).json<List>()
    expect(events.items.length).toBeGreaterThan(0)
    for (const of of ['nodes', 'pods']) {
      const reply = succeeded(await headlamp.get(`/apis/metrics.k8s.io/v1beta1/${of}`))
      expect(reply.json<List>().items).toBeDefined()
    }
  })
})

describe('what a person does there', () => {
  it('reads logs, which go on', async () => {
    const query = 'container=main&previous=false&timestamps=true&follow=true&tailLines=100'
    const log = await headlamp.socket(`${pods}/${pod}/log?${query}`, [LOG_PROTOCOL])
    expect(log.protocol).toBe(LOG_PROTOCOL)
    const text = await until('a line', () => log.messages[0])
    expect(Buffer.from(text.toString(), 'base64').toString()).toMatch(/^\d{4}-\d\d-\d\dT/)
    log.close()
  })

  it('opens a terminal', async () => {
    const query = 'container=main&command=sh&stdin=1&stderr=1&stdout=1&tty=1'
    const terminal = await headlamp.socket(`${pods}/${pod}/exec?${query}`, COMMAND_PROTOCOLS)
    expect(terminal.protocol).toBe('v4.channel.k8s.io')
    terminal.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":80,"Height":24}')]))
    terminal.send(Buffer.concat([Buffer.of(0), Buffer.from('echo hello\n')]))
    await until('an answer', () =>
      terminal.messages.find(data => data[0] === 1 && data.toString().includes('hello')),
    )
    terminal.close()
    expect(await terminal.closed).toBeGreaterThanOrEqual(1000)
  })

  it('debugs a pod, evicts one, and takes a node out of use', async () => {
    const container = { name: 'debug-1', image: 'busybox', tty: true, stdin: true, command: ['sh'] }
    succeeded(
      await headlamp.send('PATCH', `${pods}/${pod}/ephemeralcontainers`, {
        type: MERGE,
        body: { spec: { ephemeralContainers: [container] } },
      }),
    )
    const evicted = await headlamp.send('POST', `${pods}/${pod}/eviction`, {
      body: { metadata: { name: pod, namespace: 'default' } },
    })
    expect(evicted.code).toBe(201)
    const node = (await headlamp.get('/api/v1/nodes')).json<List>().items[0]?.metadata.name
    const cordon = { spec: { unschedulable: true } }
    const cordoned = await headlamp.send('PATCH', `/api/v1/nodes/${node}`, { type: MERGE, body: cordon })
    expect(succeeded(cordoned).json()).toMatchObject(cordon)
  })

  it('scales, restarts, edits, applies and deletes a Deployment', async () => {
    succeeded(
      await headlamp.send('PATCH', `${deployments}/shop/scale`, {
        type: MERGE,
        body: { spec: { replicas: 2 } },
      }),
    )
    const restartedAt = { 'kubectl.kubernetes.io/restartedAt': new Date(0).toISOString() }
    const restart = { spec: { template: { metadata: { annotations: restartedAt } } } }
    const restarted = succeeded(
      await headlamp.send('PATCH', `${deployments}/shop`, { type: MERGE, body: restart }),
    )
    const read = restarted.json<{ spec: { replicas: number }; metadata: { resourceVersion: string } }>()
    expect(read.spec.replicas).toBe(2)

    const stale = { ...read, metadata: { ...read.metadata, resourceVersion: '1' } }
    const conflict = await headlamp.send('PUT', `${deployments}/shop`, { body: stale })
    expect(conflict.json()).toMatchObject({ kind: 'Status', code: 409, reason: 'Conflict' })

    // apply: POST, and PUT when it is there
    const manifest = (image: string, more = {}) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'applied', namespace: 'default' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'applied' } },
        template: {
          metadata: { labels: { app: 'applied' } },
          spec: { containers: [{ name: 'main', image }] },
        },
        ...more,
      },
    })
    const post = (body: object) => headlamp.send('POST', `${deployments}?fieldValidation=Strict`, { body })
    expect((await post(manifest('web:1'))).code).toBe(201)
    expect((await post(manifest('web:2'))).code).toBe(409)
    succeeded(
      await headlamp.send('PUT', `${deployments}/applied?fieldValidation=Strict`, {
        body: manifest('web:2'),
      }),
    )
    expect((await post(manifest('web:1', { replics: 1 }))).json()).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    })
    succeeded(await headlamp.send('DELETE', `${deployments}/applied`))
  })
})

it('a page of another site gets no permission from a browser', async () => {
  const asked = await headlamp.send('OPTIONS', '/api/v1/pods', {
    headers: {
      Authorization: '',
      Origin: 'https://evil.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    },
  })
  expect(asked.code).toBeGreaterThanOrEqual(400)
  expect(Object.keys(asked.headers).filter(name => name.startsWith('access-control'))).toEqual([])
})
