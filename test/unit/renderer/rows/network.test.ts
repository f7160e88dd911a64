import { describe, expect, test } from 'vitest'
import type { Deployment, EndpointSlice, Ingress, Pod, Service } from '../../../../src-main/api/types.ts'
import { RowStore } from '../../../../src-renderer/data/row-store.ts'
import { factsOf, podsOfObject } from '../../../../src-renderer/rows/facts.ts'
import { ingressRows, ingressStatus, routesOf } from '../../../../src-renderer/rows/ingresses.ts'
import { portTexts, serviceStatus } from '../../../../src-renderer/rows/services.ts'
import { waysTo } from '../../../../src-renderer/rows/ways.ts'
import { object } from '../object.ts'
import { rowContext } from '../row-context.ts'

const namespace = 'shop'
const service = (spec: object, name = 'web') =>
  object<Service>('Service', name, {
    metadata: { namespace },
    spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  })
const slice = (...endpoints: { pod: string; ready: boolean }[]) =>
  object<EndpointSlice>('EndpointSlice', 'web-x', {
    metadata: { namespace, labels: { 'kubernetes.io/service-name': 'web' } },
    endpoints: endpoints.map(({ pod, ready }) => ({
      addresses: ['10.244.0.2'],
      conditions: { ready },
      targetRef: { kind: 'Pod', name: pod, uid: `uid-${pod}` },
    })),
  })
const ingress = object<Ingress>('Ingress', 'front', {
  metadata: { namespace },
  spec: {
    tls: [{ hosts: ['shop.example.com'], secretName: 'tls' }],
    rules: [
      { host: 'shop.example.com', http: { paths: [{ path: '/', backend: { service: { name: 'web' } } }] } },
      { host: '*.example.com', http: { paths: [{ path: '/v1', backend: { service: { name: 'api' } } }] } },
    ],
  },
})
const deployment = object<Deployment>('Deployment', 'web', {
  metadata: { namespace },
  spec: { template: { metadata: { labels: { app: 'web', tier: 'front' } } } },
})

describe('a Service', () => {
  test.each<[string, object, EndpointSlice[], object]>([
    [
      'sends to ready pods',
      {},
      [slice({ pod: 'a', ready: true }, { pod: 'b', ready: false })],
      { state: 'ok', text: '1 endpoint' },
    ],
    [
      'waits for its pods',
      {},
      [slice({ pod: 'a', ready: false })],
      { state: 'wrong', reason: 'None of its 1 pods is ready.' },
    ],
    ['finds no pods', {}, [], { state: 'wrong', reason: 'No pod in shop has the labels app=web.' }],
    ['selects none', { selector: {} }, [], { state: 'off' }],
    ['is another name', { type: 'ExternalName', externalName: 'db.example' }, [], { state: 'ok' }],
  ])('that %s', (_name, spec, endpointslices, status) => {
    expect(serviceStatus(service(spec), rowContext({ endpointslices }))).toMatchObject(status)
  })

  test('counts a pod of two slices once, and leads to it', () => {
    const pods = [object<Pod>('Pod', 'a', { metadata: { namespace }, spec: { containers: [] } })]
    const second = {
      ...slice({ pod: 'a', ready: true }),
      metadata: { ...slice().metadata, uid: 'six', name: 'six' },
    }
    const of = rowContext({
      endpointslices: [slice({ pod: 'a', ready: true }), second as EndpointSlice],
      pods,
    })
    expect(serviceStatus(service({}), of).text).toBe('1 endpoint')
    expect(podsOfObject(service({}), of).map(({ metadata }) => metadata.name)).toEqual(['a'])
  })

  test('tells its ports', () => {
    const ports = [
      { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', nodePort: 30080 },
      { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
    ]
    expect(portTexts(service({ ports }))).toEqual(['80 → http, 30080 on every server', 'dns 53 UDP'])
  })
})

describe('an Ingress', () => {
  test('has a route for each path, with https where it has a certificate', () => {
    expect(routesOf(ingress)).toEqual([
      { url: 'https://shop.example.com/', secure: true, exact: true, service: 'web' },
      { url: 'http://*.example.com/v1', secure: false, exact: false, service: 'api' },
    ])
  })

  test('says on how many servers it is', () => {
    const served = {
      ...ingress,
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }, { ip: '203.0.113.8' }] } },
    }
    expect(ingressStatus(ingress, rowContext())).toMatchObject({ state: 'off', text: 'No address' })
    expect(ingressStatus(served as Ingress, rowContext())).toEqual({ state: 'ok', text: 'On 2 servers' })
  })

  test.each<[string, Service[], EndpointSlice[], object]>([
    ['the Services are not known yet', [], [], { state: 'off', text: 'No address' }],
    [
      'a Service is missing',
      [service({})],
      [slice({ pod: 'a', ready: true })],
      { state: 'wrong', text: 'No Service', reason: expect.stringContaining('the Service api') as string },
    ],
    [
      'no pod is behind a Service',
      [service({}), service({}, 'api')],
      [],
      {
        state: 'wrong',
        text: 'No endpoint',
        reason: expect.stringMatching(/^https:\/\/shop.example.com\/ .* No pod in shop has/) as string,
      },
    ],
    [
      'all is there',
      [service({}), service({ selector: {} }, 'api')],
      [slice({ pod: 'a', ready: true })],
      { state: 'off', text: 'No address' },
    ],
  ])('says so when %s', (_name, services, endpointslices, status) => {
    expect(ingressStatus(ingress, rowContext({ services, endpointslices }))).toMatchObject(status)
  })

  test('says so when a Service lacks the port', () => {
    const backend = { service: { name: 'web', port: { number: 8080 } } }
    const wrong = object<Ingress>('Ingress', 'wrong', {
      metadata: { namespace },
      spec: { defaultBackend: backend },
    })
    const of = rowContext({
      services: [service({})],
      endpointslices: [slice({ pod: 'a', ready: true })],
    })
    expect(ingressStatus(wrong, of)).toMatchObject({
      text: 'No such port',
      reason: 'http://*/ leads to port 8080 of the Service web, which has 80.',
    })
    backend.service.port.number = 80
    expect(ingressStatus(wrong, of)).toMatchObject({ text: 'No address' })
  })
})

test('the row of an Ingress is made again when a Service that it names appears', () => {
  const of = rowContext({ ingresses: [ingress], services: [service({})], endpointslices: [] })
  const rows = new RowStore(ingressRows, of)
  expect(rows.tally).toMatchObject({ wrong: 1, off: 0 })
  of.collection('endpointslices').cache.replace([slice({ pod: 'a', ready: true })])
  of.collection('services').cache.replace([service({}), service({ selector: {} }, 'api')])
  expect(rows.tally).toMatchObject({ wrong: 0, off: 1 })
})

describe('the ways to a workload', () => {
  const other = service({ selector: { app: 'api' } }, 'api')
  const open = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }, 'open')
  const of = rowContext({ services: [service({}), other, open], ingresses: [ingress] })

  test('are its Services and the Ingresses before them, with the addresses to type', () => {
    expect(
      waysTo(deployment, of).map(way => [way.of.metadata.name, way.addresses.map(({ text }) => text)]),
    ).toEqual([
      ['front', ['https://shop.example.com/']],
      ['open', ['open.shop:80', ':30080']],
      ['web', ['web.shop:80']],
    ])
  })

  test('are none to one of another namespace, nor to a ConfigMap', () => {
    expect(waysTo({ ...deployment, metadata: { ...deployment.metadata, namespace: 'x' } }, of)).toEqual([])
    expect(waysTo(object('ConfigMap', 'web', { metadata: { namespace } }), of)).toEqual([])
  })
})

test('what a pod belongs to leads there', () => {
  const pod = object<Pod>('Pod', 'web-1', {
    metadata: {
      namespace,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'u', controller: true },
      ],
    },
    spec: { nodeName: 'n1', containers: [] },
  })
  const links = factsOf(pod, rowContext({})).flatMap(({ text, to }) =>
    to ? [[text, to.resource, to.key]] : [],
  )
  expect(links).toEqual([
    ['n1', 'servers', 'n1'],
    ['ReplicaSet web-abc', 'replicasets', 'shop/web-abc'],
  ])
})
