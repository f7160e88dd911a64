import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Cidr, contains, parseCidr } from '../../../src-main/lib/cidr.ts'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import { SLOTS, slotsFor } from '../../../src-main/network/plan/affinity.ts'
import { planCluster, planServer } from '../../../src-main/network/plan/server-plan.ts'
import type { EndpointSlice, Service } from '../../../src-main/api/types.ts'
import { servicePorts, slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { noPolicies, serverA, service, servers, slice } from './objects.ts'

/** The rules of server `a`, without white space at the ends of lines. */
function rules(services: Service[], slices: EndpointSlice[]): string {
  const plan = planCluster({
    mode: 'wireguard',
    ranges: DEFAULT_RANGES,
    servers,
    services,
    slices,
    policies: noPolicies,
  })
  const parts = planServer(plan, serverA, { reservedPorts: [22] })
  return parts.find(({ name }) => name === 'rules')?.files['ruleset.nft'] ?? ''
}

const PODS = { '10.244.0.5': 'a', '10.244.1.5': 'b' }
const web = (spec: Service['spec'] = {}) => service('web', { clusterIP: '10.96.0.20', ...spec })

describe('the rules of a Service', () => {
  it('lead from its address to a random endpoint', () => {
    const text = rules([web()], [slice('web', PODS)])
    expect(text).toMatch(/10\.96\.0\.20 \. tcp \. 80 : goto svc-[0-9a-f]{16}/)
    expect(text).toContain(
      'dnat ip to numgen random mod 2 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.1.5 . 8080 }',
    )
  })

  it.each<[string, Service['spec'], Record<string, string>, RegExp[], RegExp[]]>([
    [
      'leave out what is not ready',
      {},
      { '10.244.0.5': 'a', '!10.244.1.5': 'b' },
      [/mod 1 map/],
      [/10\.244\.1\.5/],
    ],
    ['lead nowhere without an endpoint', {}, { '!10.244.0.5': 'a' }, [], [/10\.96\.0\.20/]],
    ['lead nowhere for a headless one', { clusterIP: 'None' }, PODS, [], [/dnat ip to/]],
    [
      'open its node port',
      { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] },
      PODS,
      [/tcp \. 30080 : goto svc-/],
      [],
    ],
    [
      'keep outside traffic on the server when told',
      {
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      },
      PODS,
      [/tcp \. 30080 : goto ext-/, /mod 1 map \{ 0 : 10\.244\.0\.5/, /mod 2 map/],
      [],
    ],
    [
      'open no node port where no endpoint is local',
      {
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      },
      { '10.244.1.5': 'b' },
      [/10\.96\.0\.20/],
      [/30080/],
    ],
    [
      'keep inside traffic on the server when told',
      { internalTrafficPolicy: 'Local' },
      PODS,
      [/mod 1 map \{ 0 : 10\.244\.0\.5/],
      [/10\.244\.1\.5/],
    ],
    [
      'take a load balancer’s port on the servers',
      { type: 'LoadBalancer' },
      PODS,
      [/ tcp \. 80 : goto svc-/],
      [],
    ],
    [
      'let in those alone that a load balancer is for',
      {
        type: 'LoadBalancer',
        loadBalancerSourceRanges: ['192.0.2.0/24', '198.51.100.7/32', '192.0.2.128/25'],
      },
      PODS,
      [
        / tcp \. 80 : goto lb-/,
        /ip saddr != \{ 192\.0\.2\.0\/24, 198\.51\.100\.7\/32 \} fib saddr type != local drop\n {4}goto svc-/,
        /10\.96\.0\.20 \. tcp \. 80 : goto svc-/,
      ],
      [],
    ],
    [
      'let nobody in from outside for a list without an IPv4 range',
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['2001:db8::/64'] },
      PODS,
      [/^ {4}fib saddr type != local drop$/m],
      [/ip saddr !=/],
    ],
    [
      'never take the port of sshd',
      { type: 'LoadBalancer', ports: [{ name: 'http', port: 22 }] },
      PODS,
      [/10\.96\.0\.20 \. tcp \. 22/],
      [/^\s+(elements = \{ )?tcp \. 22 /m],
    ],
    [
      'never take the ports of the links between servers',
      { type: 'LoadBalancer', ports: [{ name: 'http', port: 51821, protocol: 'UDP' }] },
      PODS,
      [/ip daddr != \{ 127\.0\.0\.0\/8, 10\.244\.0\.1 \} fib daddr type local/],
      [/^\s+(elements = \{ )?udp \. 51821 /m],
    ],
    [
      'take external addresses',
      { externalIPs: ['198.51.100.7'] },
      PODS,
      [/198\.51\.100\.7 \. tcp \. 80 : goto svc-/],
      [],
    ],
    [
      'send a client to the same endpoint when told',
      { sessionAffinity: 'ClientIP' },
      PODS,
      [/jhash ip saddr mod 256 map \{ 0 : 10\.244\./],
      [/numgen/],
    ],
  ])('%s', (_, spec, pods, wanted, unwanted) => {
    const text = rules([web(spec)], [slice('web', pods)])
    for (const pattern of wanted) expect(text).toMatch(pattern)
    for (const pattern of unwanted) expect(text).not.toMatch(pattern)
  })

  it('tell UDP and TCP of one port apart', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' as const },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' as const },
    ]
    const text = rules(
      [web({ ports })],
      [
        slice('web', PODS, [
          { name: 'dns', port: 5353, protocol: 'UDP' },
          { name: 'dns-tcp', port: 5354, protocol: 'TCP' },
        ]),
      ],
    )
    expect(text).toMatch(/10\.96\.0\.20 \. udp \. 53 : goto/)
    expect(text).toMatch(/meta l4proto udp dnat ip to .*10\.244\.0\.5 \. 5353/)
    expect(text).toMatch(/meta l4proto tcp dnat ip to .*10\.244\.0\.5 \. 5354/)
  })

  it('give an external address that two Services want to the first one', () => {
    const both = ['api', 'web'].map(name =>
      service(name, { clusterIP: `10.96.0.${name.charCodeAt(0)}`, externalIPs: ['198.51.100.7'] }),
    )
    const text = rules(both, [slice('web', PODS), slice('api', PODS)])
    expect(text.match(/198\.51\.100\.7 \. tcp \. 80 : goto/g)).toHaveLength(1)
  })

  it('are the same text whatever the order of the objects', () => {
    const other = service('api', { clusterIP: '10.96.0.21' })
    const slices = [slice('web', PODS), slice('api', PODS)]
    expect(rules([web(), other], slices)).toBe(rules([other, web()], [...slices].reverse()))
  })
})

describe('the affinity of clients', () => {
  const endpoints = fc.uniqueArray(
    fc.integer({ min: 1, max: 254 }).map(n => `10.244.0.${n} . 80`),
    {
      minLength: 2,
      maxLength: 12,
    },
  )

  it('moves only the clients of an endpoint that goes', () => {
    fc.assert(
      fc.property(endpoints, fc.nat(), (all, pick) => {
        const gone = all[pick % all.length]
        const left = all.filter(endpoint => endpoint !== gone)
        const before = slotsFor(all)
        slotsFor(left).forEach((endpoint, slot) => {
          const old = all[before[slot] ?? 0]
          if (old !== gone) expect(left[endpoint]).toBe(old)
        })
      }),
    )
  })

  it('gives every endpoint its share, within a half', () => {
    const all = Array.from({ length: 8 }, (_, n) => `10.244.0.${n + 2} . 8080`)
    const slots = slotsFor(all)
    for (let n = 0; n < 8; n++) {
      const share = slots.filter(endpoint => endpoint === n).length
      expect(share).toBeGreaterThan(SLOTS / 16)
      expect(share).toBeLessThan(SLOTS / 4)
    }
  })
})

test('a plan of the same objects has the same hashes, another one others', () => {
  const hashes = (services: Service[]) => {
    const plan = planCluster({
      mode: 'vxlan',
      ranges: DEFAULT_RANGES,
      servers,
      services,
      slices: [slice('web', PODS)],
      policies: noPolicies,
    })
    return planServer(plan, serverA, { reservedPorts: [] }).map(({ hash }) => hash)
  }
  expect(hashes([web()])).toEqual(hashes([web()]))
  const [mesh, ruleset, names] = hashes([web()])
  const [mesh2, ruleset2, names2] = hashes([web({ clusterIP: '10.96.0.99' })])
  expect(mesh2).toBe(mesh)
  expect(ruleset2).not.toBe(ruleset)
  expect(names2).not.toBe(names)
})

test('the ports of a slice are looked through once, however many the Service has', () => {
  let reads = 0
  const count = 250
  const slicePorts = Array.from({ length: count }, (_, n) => ({
    get name() {
      reads++
      return `p${n}`
    },
    port: 8_000 + n,
    protocol: 'TCP' as const,
  }))
  const ports = Array.from({ length: count }, (_, n) => ({ name: `p${n}`, port: n + 1 }))
  const many = service('web', { clusterIP: '10.96.0.20', ports })
  const found = servicePorts([many], slicesByService([slice('web', PODS, slicePorts)]))
  expect(found.map(({ endpoints }) => endpoints.length)).toEqual(Array(count).fill(2))
  expect(reads).toBe(count)
})

test('of source ranges those remain that lie in no other one', () => {
  const range = fc
    .tuple(fc.nat(15), fc.integer({ min: 26, max: 32 }))
    .map(([n, bits]) => `192.0.2.${n * 16}/${bits}`)
  fc.assert(
    fc.property(fc.uniqueArray(range, { minLength: 1, maxLength: 12 }), given => {
      const many = web({ type: 'LoadBalancer', loadBalancerSourceRanges: given })
      const [port] = servicePorts([many], new Map())
      const left = (port?.sourceRanges ?? []).map(text => parseCidr(text) as Cidr)
      for (const [index, own] of left.entries()) {
        expect(left.some((other, at) => at !== index && contains(other, own))).toBe(false)
      }
      for (const text of given)
        expect(left.some(outer => contains(outer, parseCidr(text) as Cidr))).toBe(true)
    }),
  )
})

test('a Service of 250 ports leads each to 400 endpoints, one of three to all there are', () => {
  const pods = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`10.244.${n >> 8}.${n & 255}`, 'a']))
  const led = (count: number) => {
    const slicePorts = Array.from({ length: count }, (_, n) => ({ name: `p${n}`, port: 8_000 + n }))
    const ports = slicePorts.map(({ name, port }) => ({ name, port }))
    const many = service('web', { clusterIP: '10.96.0.20', ports })
    const found = servicePorts([many], slicesByService([slice('web', pods, slicePorts)]))
    return new Set(found.map(({ endpoints }) => endpoints.length))
  }
  expect(led(250)).toEqual(new Set([400]))
  expect(led(3)).toEqual(new Set([500]))
})
