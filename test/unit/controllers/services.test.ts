import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EndpointSliceKind } from '../../../src-main/api/kinds/endpoint-slice.ts'
import { EndpointsKind } from '../../../src-main/api/kinds/endpoints.ts'
import { DEFAULT_RANGES } from '../../../src-main/api/cluster-ranges.ts'
import { NodeKind } from '../../../src-main/api/kinds/node.ts'
import { PodKind } from '../../../src-main/api/kinds/pod.ts'
import { ServiceKind } from '../../../src-main/api/kinds/service.ts'
import type { Pod, Service } from '../../../src-main/api/types.ts'
import { createEndpointsController } from '../../../src-main/controllers/endpoints/endpoints-controller.ts'
import { MANAGED_BY, MIRROR_MANAGER } from '../../../src-main/controllers/endpoints/slices.ts'
import {
  createServiceAddressesController,
  freeAddress,
} from '../../../src-main/controllers/service-addresses.ts'
import { TestCluster } from './cluster.ts'

const namespace = 'default'
let cluster: TestCluster

const rangesOf = () => ({ ...DEFAULT_RANGES, serviceCidr: '10.96.0.0/24' })

beforeEach(async () => {
  cluster = await TestCluster.create()
  cluster.start(createEndpointsController, options =>
    createServiceAddressesController({ ...options, rangesOf, random: count => count - 1 }),
  )
})

afterEach(() => cluster.stop())

async function createService(name: string, spec: Service['spec'] = {}): Promise<Service> {
  await cluster.registry.create(ServiceKind, {
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
  })
  await cluster.settle()
  return service(name)
}

function service(name: string): Service {
  const found = cluster.registry.get(ServiceKind, name, namespace)
  if (!found) throw new Error(`no Service ${name}`)
  return found
}

async function createPod(
  name: string,
  ip: string,
  { ready = true, port = 8080, labels = { app: 'web' } } = {},
): Promise<Pod> {
  const pod = await cluster.registry.create(PodKind, {
    metadata: { name, namespace, labels },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: port }] }],
    },
  })
  await cluster.registry.modifyStatus(PodKind, pod.metadata, draft => {
    draft.status = { ...draft.status, podIP: ip }
  })
  await cluster.setPodReady(pod, ready)
  await cluster.settle()
  return pod
}

/** `10.244.0.2:8080 ready` of every endpoint of a Service. */
function endpoints(name = 'web'): string[] {
  return cluster.registry
    .list(EndpointSliceKind, { namespace })
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints: list = [], ports = [] }) =>
      list.map(
        ({ addresses, conditions }) =>
          `${addresses[0]}:${ports.map(({ port }) => port).join()} ${conditions?.ready ? 'ready' : 'not ready'}`,
      ),
    )
    .sort()
}

describe('what a Service is given', () => {
  it('is an address of the range, and none for a headless or external one', async () => {
    expect((await createService('web')).spec).toMatchObject({
      clusterIP: '10.96.0.254',
      clusterIPs: ['10.96.0.254'],
    })
    expect((await createService('api')).spec.clusterIP).toBe('10.96.0.11')
    expect((await createService('peers', { clusterIP: 'None' })).spec.clusterIP).toBe('None')
    const external = {
      type: 'ExternalName',
      externalName: 'example.org',
      selector: undefined,
      ports: undefined,
    } as const
    expect((await createService('mail', external)).spec.clusterIP).toBeUndefined()
  })

  it.each(['10.96.0.2', '10.96.0.9'])(
    'is none of those that the ingress uses on each server: %s',
    async clusterIP => {
      await expect(createService('web', { clusterIP })).rejects.toThrow('provided IP is already allocated')
    },
  )

  it('is what a person asked for; a second one that asks for the same is refused', async () => {
    const clusterIP = '10.96.0.77'
    expect((await createService('web', { clusterIP })).spec.clusterIP).toBe(clusterIP)
    await expect(createService('copy', { clusterIP })).rejects.toThrow(
      'Service "copy" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.77"]: failed to allocate IP 10.96.0.77: provided IP is already allocated',
    )
    // it may keep what it has
    await cluster.registry.modify(ServiceKind, { name: 'web', namespace }, ({ spec }) => {
      spec.sessionAffinity = 'ClientIP'
    })
  })

  it('is the node port that a person asked for, once for each protocol', async () => {
    const withPort = (nodePort: number, protocol: 'TCP' | 'UDP' = 'TCP'): Service['spec'] => ({
      type: 'NodePort',
      ports: [{ port: 80, nodePort, protocol }],
    })
    await createService('web', withPort(30_080))
    await createService('dns', withPort(30_080, 'UDP'))
    const taken = 'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated'
    await expect(createService('copy', withPort(30_080))).rejects.toThrow(
      `Service "copy" is invalid: ${taken}`,
    )
    await createService('other', withPort(30_081))
    const change = cluster.registry.modify(ServiceKind, { name: 'other', namespace }, ({ spec }) => {
      for (const port of spec.ports ?? []) port.nodePort = 30_080
    })
    await expect(change).rejects.toThrow(`Service "other" is invalid: ${taken}`)
  })

  it('is given once to those who ask for the same at one moment', async () => {
    const make = (name: string, spec: object) =>
      cluster.registry.create(ServiceKind, {
        metadata: { name, namespace },
        spec: { ports: [{ port: 80, nodePort: 30_080 }], type: 'NodePort', ...spec },
      })
    const outcomes = async (...writes: Promise<unknown>[]) =>
      (await Promise.allSettled(writes)).map(result =>
        result.status === 'fulfilled' ? 'done' : (result.reason as Error).message,
      )
    const [, copy] = await outcomes(make('a', {}), make('b', {}))
    expect(copy).toBe(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    )
    const address = { type: 'ClusterIP', ports: [{ port: 80 }], clusterIP: '10.96.0.77' }
    expect(await outcomes(make('c', address), make('d', address))).toEqual([
      'done',
      expect.stringContaining('failed to allocate IP 10.96.0.77: provided IP is already allocated'),
    ])
    const other = (name: string, nodePort: number) =>
      make(name, { ports: [{ port: 80, nodePort }] }).then(() =>
        cluster.registry.modify(ServiceKind, { name, namespace }, ({ spec }) => {
          for (const port of spec.ports ?? []) port.nodePort = 30_090
        }),
      )
    expect(await outcomes(other('e', 30_081), other('f', 30_082))).toEqual([
      'done',
      expect.stringContaining('provided port is already allocated'),
    ])
    // one that was not made holds nothing
    expect((await outcomes(make('a', { ports: [{ port: 80, nodePort: 30_095 }] })))[0]).toContain(
      'already exists',
    )
    expect(await outcomes(make('g', { ports: [{ port: 80, nodePort: 30_095 }] }))).toEqual(['done'])
  })

  it('is a node port of its own for each port', async () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
      { name: 'quic', port: 443, protocol: 'UDP' as const },
    ]
    const { spec } = await createService('web', { type: 'NodePort', ports })
    expect(spec.ports?.map(({ nodePort }) => nodePort)).toEqual([32_767, 30_000, 32_767])
  })

  it('is, for a load balancer, the addresses of the servers', async () => {
    await createService('web', { type: 'LoadBalancer' })
    await cluster.addNode('n1')
    await cluster.registry.modifyStatus(NodeKind, { name: 'n1' }, draft => {
      draft.status = { ...draft.status, addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] }
    })
    await cluster.settle()
    expect(service('web').status?.loadBalancer?.ingress?.map(({ ip }) => ip)).toEqual(['192.0.2.1'])
  })

  it('is never an address that somebody has', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 245 }), choices => {
        const taken = new Set<string>()
        for (const choice of choices.slice(0, 240)) {
          const address = freeAddress('10.96.0.0/24', taken, count => choice % count)
          expect(taken.has(address)).toBe(false)
          taken.add(address)
        }
      }),
    )
  })
})

describe('the endpoints of a Service', () => {
  it('are its ready pods at their own number of the named port', async () => {
    await createService('web')
    await createPod('a', '10.244.0.2')
    await createPod('b', '10.244.1.2', { port: 9090 })
    await createPod('c', '10.244.1.3', { ready: false })
    await createPod('other', '10.244.1.4', { labels: { app: 'other' } })
    expect(endpoints()).toEqual([
      '10.244.0.2:8080 ready',
      '10.244.1.2:9090 ready',
      '10.244.1.3:8080 not ready',
    ])
  })

  it('lose a pod as soon as it is to be deleted', async () => {
    await createService('web')
    const { metadata } = await createPod('a', '10.244.0.2')
    await cluster.registry.delete(PodKind, metadata)
    await cluster.settle()
    expect(endpoints()).toEqual(['10.244.0.2:8080 not ready'])
  })

  it('count pods that are not ready when told to', async () => {
    await createService('web', { publishNotReadyAddresses: true })
    await createPod('a', '10.244.0.2', { ready: false })
    expect(endpoints()).toEqual(['10.244.0.2:8080 ready'])
  })

  it('follow a change of the selector', async () => {
    await createService('web')
    await createPod('a', '10.244.0.2')
    await cluster.registry.modify(ServiceKind, { name: 'web', namespace }, draft => {
      draft.spec.selector = { app: 'other' }
    })
    await cluster.settle()
    expect(endpoints()).toEqual([])
  })

  it('are at most 100 in a slice', async () => {
    await createService('web')
    for (let n = 0; n < 101; n++) await createPod(`p${n}`, `10.244.0.${n + 2}`)
    expect(endpoints()).toHaveLength(101)
    const sizes = cluster.registry
      .list(EndpointSliceKind, { namespace })
      .map(slice => slice.endpoints?.length)
    expect(sizes.sort()).toEqual([1, 100])
  })

  it('are in an Endpoints object too', async () => {
    await createService('web')
    await createPod('a', '10.244.0.2')
    await createPod('b', '10.244.0.3', { ready: false })
    const [subset] = cluster.registry.get(EndpointsKind, 'web', namespace)?.subsets ?? []
    expect(subset?.addresses?.map(({ ip }) => ip)).toEqual(['10.244.0.2'])
    expect(subset?.notReadyAddresses?.map(({ ip }) => ip)).toEqual(['10.244.0.3'])
    expect(subset?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
  })

  it('are what a person writes where there is no selector', async () => {
    await createService('web', { selector: undefined })
    await cluster.registry.create(EndpointsKind, {
      metadata: { name: 'web', namespace },
      subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ name: 'http', port: 8000 }] }],
    })
    await cluster.settle()
    expect(endpoints()).toEqual(['192.0.2.9:8000 ready'])
  })

  it("of one Service have no name that another's could have", async () => {
    await createService('db', { selector: undefined })
    await cluster.registry.create(EndpointsKind, {
      metadata: { name: 'db', namespace },
      subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ name: 'http', port: 8000 }] }],
    })
    await createService('db-mirror')
    await createPod('a', '10.244.0.2', { labels: { app: 'db-mirror' } })
    expect(endpoints('db')).toEqual(['192.0.2.9:8000 ready'])
    expect(endpoints('db-mirror')).toEqual(['10.244.0.2:8080 ready'])
  })

  it.each([
    ['another Service', { 'kubernetes.io/service-name': 'other', [MANAGED_BY]: 'a-person' }],
    ['another manager', { 'kubernetes.io/service-name': 'web', [MANAGED_BY]: 'a-person' }],
    ['nobody', {}],
  ])('leave a slice of %s alone that has their name', async (_, labels) => {
    const slice = {
      metadata: { name: 'web-0-0', namespace, labels },
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: ['192.0.2.7'] }],
      ports: [{ port: 7000 }],
    }
    const { metadata } = await cluster.registry.create(EndpointSliceKind, slice)
    await createService('web')
    await createPod('a', '10.244.0.2')
    expect(cluster.registry.get(EndpointSliceKind, 'web-0-0', namespace)?.metadata).toEqual(metadata)
    expect(endpoints()).toContain('10.244.0.2:8080 ready')
    await cluster.registry.delete(EndpointSliceKind, { name: 'web-0-0', namespace })
    await createPod('b', '10.244.0.3')
    expect(endpoints()).toEqual(['10.244.0.2:8080 ready', '10.244.0.3:8080 ready'])
  })

  it('replace those that had other names before', async () => {
    const labels = { 'kubernetes.io/service-name': 'db', [MANAGED_BY]: MIRROR_MANAGER }
    await cluster.registry.create(EndpointSliceKind, {
      metadata: { name: 'db-mirror-0-0', namespace, labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['192.0.2.9'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 8000 }],
    })
    await cluster.registry.create(EndpointsKind, {
      metadata: { name: 'db', namespace },
      subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ name: 'http', port: 8000 }] }],
    })
    await createService('db', { selector: undefined })
    expect(endpoints('db')).toEqual(['192.0.2.9:8000 ready'])
    await cluster.registry.delete(EndpointsKind, { name: 'db', namespace })
    await cluster.settle()
    expect(cluster.registry.list(EndpointSliceKind, { namespace })).toEqual([])
  })

  it('go with their Service', async () => {
    await createService('web')
    await createPod('a', '10.244.0.2')
    await cluster.registry.delete(ServiceKind, { name: 'web', namespace })
    await cluster.settle()
    expect(endpoints()).toEqual([])
    expect(cluster.registry.get(EndpointsKind, 'web', namespace)).toBeUndefined()
  })
})
