import { expect, it } from 'vitest'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import { slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { planZones, reverseZonesOf } from '../../../src-main/network/plan/zones.ts'
import type { EndpointSlice, Service } from '../../../src-main/api/types.ts'
import { service, slice } from './objects.ts'

function zones(services: Service[], slices: EndpointSlice[] = []) {
  const { forward, reverse } = planZones(services, slicesByService(slices), DEFAULT_RANGES)
  const records = (text: string) => text.split('\n').slice(4, -1)
  return { forward: records(forward).slice(1), reverse: Object.values(reverse).flatMap(records) }
}

it('gives a service its address, its named ports and its way back', () => {
  expect(zones([service('web', { clusterIP: '10.96.0.20' })])).toEqual({
    forward: [
      'web.shop.svc A 10.96.0.20',
      '_http._tcp.web.shop.svc SRV 0 100 80 web.shop.svc.cluster.local.',
    ],
    reverse: ['20.0.96.10.in-addr.arpa. PTR web.shop.svc.cluster.local.'],
  })
})

it('gives a headless service a record for each ready pod, named by its host name or its address', () => {
  const pods = slice('db', { '10.244.0.5': 'a', '10.244.1.5': 'b', '!10.244.1.6': 'b' })
  const [first] = pods.endpoints ?? []
  if (first) first.hostname = 'db-0'
  expect(zones([service('db', { clusterIP: 'None' })], [pods])).toEqual({
    forward: [
      'db.shop.svc A 10.244.0.5',
      'db-0.db.shop.svc A 10.244.0.5',
      '_http._tcp.db.shop.svc SRV 0 100 8080 db-0.db.shop.svc.cluster.local.',
      'db.shop.svc A 10.244.1.5',
      '10-244-1-5.db.shop.svc A 10.244.1.5',
      '_http._tcp.db.shop.svc SRV 0 100 8080 10-244-1-5.db.shop.svc.cluster.local.',
    ],
    reverse: [
      '5.0.244.10.in-addr.arpa. PTR db-0.db.shop.svc.cluster.local.',
      '5.1.244.10.in-addr.arpa. PTR 10-244-1-5.db.shop.svc.cluster.local.',
    ],
  })
})

it('gives an external name a CNAME', () => {
  expect(
    zones([service('mail', { type: 'ExternalName', externalName: 'mail.example.org' })]).forward,
  ).toEqual(['mail.shop.svc CNAME mail.example.org.'])
})

it('leaves out what is too long for DNS, and nothing else', () => {
  const [longest, tooLong] = ['p'.repeat(62), 'p'.repeat(63)]
  const port = (name: string) => ({ name, port: 80, targetPort: 8080 })
  const ports = [port(longest), port(tooLong)]
  expect(zones([service('web', { clusterIP: '10.96.0.20', ports })]).forward).toEqual([
    'web.shop.svc A 10.96.0.20',
    `_${longest}._tcp.web.shop.svc SRV 0 100 80 web.shop.svc.cluster.local.`,
  ])
  const pods = slice('db', { '10.244.0.5': 'a' }, [{ name: tooLong, port: 8080, protocol: 'TCP' }])
  expect(zones([service('db', { clusterIP: 'None' })], [pods]).forward).toEqual([
    'db.shop.svc A 10.244.0.5',
    '10-244-0-5.db.shop.svc A 10.244.0.5',
  ])
  const external = (externalName: string) =>
    zones([service('mail', { type: 'ExternalName', externalName })]).forward
  expect(external(`${'m'.repeat(63)}.example.org`)).toHaveLength(1)
  expect(external(`${'m'.repeat(64)}.example.org`)).toEqual([])
  expect(external(`${'m.'.repeat(130)}org`)).toEqual([])
})

it('gives a service without an address no record', () => {
  expect(zones([service('new', {})])).toEqual({ forward: [], reverse: [] })
})

it('knows the names of its own addresses alone: of others the server’s resolvers do', () => {
  const external = slice('db', { '192.0.2.5': 'x', '10.9.0.5': 'y', '10.244.0.5': 'a' })
  const { reverse } = planZones(
    [service('db', { clusterIP: 'None' })],
    slicesByService([external]),
    DEFAULT_RANGES,
  )
  expect(Object.keys(reverse)).toEqual(['244.10.in-addr.arpa', '96.10.in-addr.arpa'])
  expect(reverse['244.10.in-addr.arpa']).toContain('5.0.244.10.in-addr.arpa. PTR 10-244-0-5.db.shop')
  expect(JSON.stringify(reverse)).not.toMatch(/192\.in-addr|10-9-0-5/)
})

it.each([
  ['10.244.0.0/16', '10.96.0.0/16', ['244.10.in-addr.arpa', '96.10.in-addr.arpa']],
  ['10.128.0.0/9', '10.96.0.0/12', ['10.in-addr.arpa']],
  ['10.1.2.0/24', '10.1.16.0/20', ['1.10.in-addr.arpa', '2.1.10.in-addr.arpa']],
])('the zones of %s and %s are %j', (podCidr, serviceCidr, zones) => {
  expect(reverseZonesOf({ podCidr, serviceCidr, domain: 'cluster.local' })).toEqual(zones)
})
