import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EndpointSlice, Service } from '../../../src-main/api/types.ts'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import { planCluster, planServer } from '../../../src-main/network/plan/server-plan.ts'
import { noPolicies, servers, service, slice } from './objects.ts'

interface World {
  services: Map<string, Service>
  slices: Map<string, EndpointSlice>
  domain: string
}

/** All files of all servers. */
function plan({ services, slices, domain }: World) {
  const cluster = planCluster({
    mode: 'wireguard',
    ranges: { ...DEFAULT_RANGES, domain },
    servers,
    services: [...services.values()],
    slices: [...slices.values()],
    policies: noPolicies,
  })
  return servers.map(own => planServer(cluster, own, { reservedPorts: [22] }))
}

const names = fc.constantFrom('web', 'api', 'db', 'a-b')
const addresses = fc.dictionary(
  fc
    .tuple(
      fc.constantFrom('', '!'),
      fc.constantFrom('10.244.0.', '10.244.1.', '192.0.2.'),
      fc.integer({ min: 2, max: 9 }),
    )
    .map(parts => parts.join('')),
  fc.constantFrom('a', 'b', 'c'),
  { maxKeys: 6 },
)
const policy = fc.constantFrom('Cluster' as const, 'Local' as const)
const spec: fc.Arbitrary<Service['spec']> = fc.record(
  {
    clusterIP: fc.constantFrom('10.96.0.20', '10.96.0.21', 'None', ''),
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    ports: fc.constant([{ name: 'http', port: 80, nodePort: 30_080 }]),
    sessionAffinity: fc.constantFrom('None', 'ClientIP'),
    internalTrafficPolicy: policy,
    externalTrafficPolicy: policy,
    externalIPs: fc.constant(['198.51.100.7']),
  },
  { requiredKeys: ['clusterIP', 'type'] },
)

/** A change to the objects, which are replaced as in the store. */
const change: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc.tuple(names, spec).map(
    ([name, given]) =>
      ({ services }: World) =>
        void services.set(name, service(name, given)),
  ),
  fc.tuple(names, addresses).map(
    ([name, pods]) =>
      ({ slices }: World) =>
        void slices.set(name, slice(name, pods)),
  ),
  // a second slice of the same Service
  fc.tuple(names, addresses).map(
    ([name, pods]) =>
      ({ slices }: World) =>
        void slices.set(`${name}-more`, slice(name, pods)),
  ),
  names.map(
    name =>
      ({ services }: World) =>
        void services.delete(name),
  ),
  names.map(
    name =>
      ({ slices }: World) =>
        void slices.delete(name),
  ),
  fc
    .constantFrom('cluster.local', 'example.org')
    .map(domain => (world: World) => void (world.domain = domain)),
)

test('what is remembered of the last plan makes no difference to the next one', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), changes => {
      const world: World = { services: new Map(), slices: new Map(), domain: 'cluster.local' }
      for (const apply of changes) {
        apply(world)
        // of objects that nobody has seen before nothing is remembered
        expect(plan(world)).toEqual(plan(structuredClone(world)))
      }
    }),
    { numRuns: 60 },
  )
})
