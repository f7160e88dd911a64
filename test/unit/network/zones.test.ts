import { expect, it } from 'vitest'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import { slicesByService } from '../../../src-main/network/plan/service-ports.ts'
import { planZones } from '../../../src-main/network/plan/zones.ts'
import type { EndpointSlice, Service } from '../../../src-main/api/types.ts'
import { service, slice } from './objects.ts'

function zones(services: Service[], slices: EndpointSlice[] = []) {
  const { forward, reverse } = planZones(services, slicesByService(slices), DEFAULT_RANGES)
  const records = (text: string) => text.split('\n').slice(4, -1)
  return { forward: records(forward).slice(1), reverse: records(reverse) }
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

it('gives a service without an address no record', () => {
  expect(zones([service('new', {})])).toEqual({ forward: [], reverse: [] })
})
