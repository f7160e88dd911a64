import { describe, expect, it, test } from 'vitest'
import { DEFAULT_RANGES } from '../../../src-main/network/plan/addresses.ts'
import {
  findClashes,
  freeRange,
  hasPodNetwork,
  parseRoutes,
  removalOf,
} from '../../../src-main/network/plan/routes.ts'

const LAN = `default via 192.0.2.254 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown`
const OURS = `10.244.0.0/24 dev br-0123456789ab proto kernel scope link src 10.244.0.1
10.244.1.0/24 dev cx-mesh proto 201 scope link src 10.244.0.1
10.244.2.0/24 via 192.0.2.3 dev eth0 proto 201`

const clashes = (text: string) =>
  findClashes(parseRoutes(text), DEFAULT_RANGES, '10.244.0.0/24').map(({ range, certain }) => ({
    range,
    certain,
  }))

describe('routes in the way', () => {
  test.each([
    ['a plain server', LAN, []],
    ['what we set up ourselves', `${LAN}\n${OURS}`, []],
    ['a tunnel to the same range', '10.244.0.0/16 dev wg0 scope link', [{ range: 'podCidr', certain: true }]],
    ['one address within', '10.244.7.9 via 192.0.2.254 dev eth0', [{ range: 'podCidr', certain: true }]],
    [
      'a Docker network',
      '10.96.0.0/20 dev br-aaaaaaaaaaaa proto kernel scope link src 10.96.0.1 linkdown',
      [{ range: 'serviceCidr', certain: true }],
    ],
    [
      'a Docker network with the addresses of our own pods',
      '10.244.0.0/24 dev br-aaaaaaaaaaaa proto kernel scope link src 10.244.0.254',
      [{ range: 'podCidr', certain: true }],
    ],
    ['a route to nowhere', 'unreachable 10.244.3.0/24 metric 5', [{ range: 'podCidr', certain: true }]],
    [
      'a company network around both',
      '10.0.0.0/8 via 10.8.0.1 dev tun0',
      [
        { range: 'podCidr', certain: false },
        { range: 'serviceCidr', certain: false },
      ],
    ],
    ['nonsense', 'Error: ipv4: FIB table does not exist.\n\n', []],
  ])('%s', (_, text, expected) => expect(clashes(text)).toEqual(expected))
})

it('knows a pod network that is there already', () => {
  expect(hasPodNetwork(parseRoutes(OURS), '10.244.0.0/24')).toBe(true)
  expect(hasPodNetwork(parseRoutes(OURS), '10.244.1.0/24')).toBe(false)
})

it('names a range that is free', () => {
  expect(freeRange(parseRoutes(LAN), DEFAULT_RANGES)).toBe('10.201.0.0/16')
  expect(freeRange(parseRoutes('10.201.4.0/24 dev a\n10.202.0.0/16 dev b'), DEFAULT_RANGES)).toBe(
    '10.171.0.0/16',
  )
  expect(freeRange(parseRoutes('10.0.0.0/8 dev a'), DEFAULT_RANGES)).toBeUndefined()
})

test.each([
  ['10.244.0.0/16 dev wg0 scope link', 'sudo ip route del 10.244.0.0/16 dev wg0'],
  ['unreachable 10.244.3.0/24 metric 5', 'sudo ip route del unreachable 10.244.3.0/24'],
  ['10.244.4.0/22 dev br-0123456789ab proto kernel', 'docker network rm 0123456789ab'],
])('%s goes with: %s', (text, command) => {
  const [route] = parseRoutes(text)
  expect(route && removalOf(route)).toBe(command)
})
