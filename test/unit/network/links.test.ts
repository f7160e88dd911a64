import { describe, expect, it, test } from 'vitest'
import { chooseMode, planLinks } from '../../../src-main/network/plan/links.ts'
import { serverA, servers } from './objects.ts'

describe('the links of a server', () => {
  it('name every other server, its pods and its key', () => {
    expect(planLinks(serverA, servers, 'wireguard')).toBe(
      [
        'mode wireguard',
        'local 192.0.2.1',
        'gateway 10.244.0.1',
        'peer 192.0.2.2 10.244.1.0/24 key-b',
        'peer 192.0.2.3 10.244.2.0/24 key-c',
        '',
      ].join('\n'),
    )
  })

  it('say no key where none is used, and no peer that only its own computer reaches', () => {
    const local = { name: 'd', endpoint: '127.0.0.1', podCidr: '10.244.3.0/24' }
    expect(planLinks(serverA, [...servers.slice(0, 2), local], 'vxlan')).toBe(
      'mode vxlan\nlocal 192.0.2.1\ngateway 10.244.0.1\npeer 192.0.2.2 10.244.1.0/24\n',
    )
  })

  it('say the port of a router that forwards another one, to those that use it', () => {
    const forwarded = [serverA, ...servers.slice(1, 2).map(server => ({ ...server, wireguardPort: 40_001 }))]
    expect(planLinks(serverA, forwarded, 'wireguard')).toMatch(
      /^peer 192\.0\.2\.2 10\.244\.1\.0\/24 key-b 40001$/m,
    )
    expect(planLinks(serverA, forwarded, 'vxlan')).toMatch(/^peer 192\.0\.2\.2 10\.244\.1\.0\/24$/m)
  })

  it('are the same text whatever the order of the objects', () => {
    expect(planLinks(serverA, [...servers].reverse(), 'vxlan')).toBe(planLinks(serverA, servers, 'vxlan'))
  })
})

test.each([
  ['auto', [{}, {}], 'wireguard'],
  ['auto', [{}, { plainOnly: true }], 'vxlan'],
  ['vxlan', [{}, {}], 'vxlan'],
  ['host-gw', [{ plainOnly: true }], 'host-gw'],
] as const)('%s with %j is %s', (wanted, known, mode) => {
  expect(chooseMode(wanted, known)).toBe(mode)
})
