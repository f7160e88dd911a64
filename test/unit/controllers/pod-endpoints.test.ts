import { describe, expect, it } from 'vitest'
import type { Endpoints, Pod, Service } from '../../../src-main/api/types.ts'
import { podEndpoints } from '../../../src-main/controllers/endpoints/pod-endpoints.ts'
import { mirroredSlices } from '../../../src-main/controllers/endpoints/slices.ts'

type Ports = NonNullable<Service['spec']['ports']>
type ContainerPorts = NonNullable<Pod['spec']['containers'][number]['ports']>

const created = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', namespace: 'shop' }

const service = (ports: Ports): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...created, name: 'web', uid: 'web' },
  spec: { ports },
})

function pod(number: number, ports: ContainerPorts = []): Pod {
  const name = `web-${String(number).padStart(4, '0')}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...created, name, uid: name },
    spec: { containers: [{ name: 'main', image: 'web:1', ports }] },
    status: { podIP: `10.244.${number >> 8}.${number & 255}` },
  }
}

const listOf = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, n) => make(n))

describe('the ports of endpoints', () => {
  it('are one list for all pods where no port is named', async () => {
    const ports = listOf(250, n => ({ name: `p${n}`, port: 1_000 + n }))
    const endpoints = await podEndpoints(
      service(ports),
      listOf(2_000, n => pod(n)),
    )
    expect(endpoints).toHaveLength(2_000)
    expect(new Set(endpoints.map(endpoint => endpoint.ports)).size).toBe(1)
    expect(endpoints[0]?.ports[249]).toEqual({ name: 'p249', port: 1_249, protocol: 'TCP' })
  })

  it('are one list for the pods in which names stand for the same numbers', async () => {
    const named: Ports = [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'h2c' }]
    const numbered = (containerPort: number) => [{ name: 'http', containerPort }]
    const pods = [pod(1, numbered(8080)), pod(2, numbered(9090)), pod(3, numbered(8080)), pod(4)]
    const lists = (await podEndpoints(service(named), pods)).map(({ ports }) => ports)
    expect(lists.map(([port]) => port?.port)).toEqual([8080, 9090, 8080, undefined])
    expect(lists[0]).toBe(lists[2])
    expect(lists[0]).toEqual([{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'h2c' }])
  })

  it('are looked for once in a pod, however many names it and the Service have', async () => {
    let reads = 0
    const many = listOf(10_000, n => ({
      get name() {
        reads++
        return `p${n}`
      },
      containerPort: n + 1,
    }))
    const ports = listOf(250, n => ({ name: `s${n}`, port: n + 1, targetPort: `p${9_999 - n}` }))
    const [endpoint] = await podEndpoints(service(ports), [pod(1, many)])
    expect(endpoint?.ports.map(({ port }) => port)).toEqual(listOf(250, n => 10_000 - n))
    expect(reads).toBe(10_000)
  })

  it.each<[string, Ports[number], number | undefined]>([
    ['of the same protocol', { port: 53, targetPort: 'dns', protocol: 'UDP' }, 5353],
    ['the first of two', { port: 80, targetPort: 'http' }, 8080],
    ['a number in a string', { port: 80, targetPort: '9090' }, 9090],
    ['its own number without a target', { port: 81 }, 81],
    ['none of another protocol', { port: 80, targetPort: 'http', protocol: 'UDP' }, undefined],
  ])('are those meant: %s', async (_, port, expected) => {
    const own: ContainerPorts = [
      { name: 'http', containerPort: 8080 },
      { name: 'http', containerPort: 8081 },
      { name: 'dns', containerPort: 53 },
      { name: 'dns', containerPort: 5353, protocol: 'UDP' },
    ]
    const [endpoint] = await podEndpoints(service([port]), [pod(1, own)])
    expect(endpoint?.ports[0]?.port).toBe(expected)
  })
})

it('of each subset of an Endpoints object 1,000 addresses are mirrored, ready ones first', () => {
  const addresses = listOf(990, n => ({ ip: `192.0.${n >> 8}.${n & 255}` }))
  const notReadyAddresses = listOf(5_000, n => ({ ip: `198.51.${n >> 8}.${n & 255}` }))
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...created, name: 'web', uid: 'web' },
    subsets: [{ addresses, notReadyAddresses, ports: [{ port: 80 }] }],
  }
  const slices = mirroredSlices(service([{ port: 80 }]), endpoints)
  expect(slices.map(slice => slice.endpoints?.length)).toEqual(Array(10).fill(100))
  expect(
    slices.flatMap(slice => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready),
  ).toHaveLength(990)
})
