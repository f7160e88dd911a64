import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contains, parseCidr } from '../../../src-main/lib/cidr.ts'
import { servicePorts } from '../../../src-main/network/plan/service-ports.ts'
import { service } from './objects.ts'

/** What the ports of a load balancer let in. */
function sourceRanges(loadBalancerSourceRanges: string[], portCount = 1) {
  const ports = Array.from({ length: portCount }, (_, n) => ({ name: `p${n}`, port: 80 + n }))
  const web = service('web', {
    clusterIP: '10.96.0.20',
    type: 'LoadBalancer',
    ports,
    loadBalancerSourceRanges,
  })
  return servicePorts([web], new Map()).map(port => port.sourceRanges ?? [])
}

const cidrs = fc
  .tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 32 }))
  .map(([a, b, bits]) => `10.${a * 32}.0.${b * 32}/${bits}`)

it('each range is let in once, and none lies in another one', () => {
  const isWithin = (inner: string, outer: string) => {
    const [a, b] = [parseCidr(inner), parseCidr(outer)]
    return a !== undefined && b !== undefined && contains(b, a)
  }
  fc.assert(
    fc.property(fc.array(cidrs, { minLength: 1, maxLength: 20 }), given => {
      const [ranges = []] = sourceRanges(given)
      for (const range of ranges) expect(given).toContain(range)
      for (const range of given) expect(ranges.filter(outer => isWithin(range, outer))).toHaveLength(1)
    }),
  )
})

it('of two forms of the same range the first one stays', () => {
  expect(sourceRanges([' 10.0.0.1/8', '10.0.0.0/8', '2001:db8::/64'])).toEqual([['10.0.0.1/8']])
})

it('tens of thousands of ranges are gone through once, not for each range nor for each port', () => {
  const given = Array.from({ length: 30_000 }, (_, n) => `10.${n >> 8}.${n & 255}.1/32`)
  const [first, ...others] = sourceRanges(given, 100)
  expect(first).toHaveLength(30_000)
  expect(others).toHaveLength(99)
  for (const other of others) expect(other).toBe(first)
})
