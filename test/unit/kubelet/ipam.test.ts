import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressesExhausted, AddressPool } from '../../../src-main/kubelet/ipam.ts'

describe('AddressPool', () => {
  it('begins after the gateway', () => {
    const pool = new AddressPool('10.244.3.0/24')
    expect([pool.gateway, pool.claim('a'), pool.claim('b'), pool.claim('a')]).toEqual([
      '10.244.3.1',
      '10.244.3.2',
      '10.244.3.3',
      '10.244.3.2',
    ])
  })

  it('ends before the broadcast address, and says so', () => {
    const pool = new AddressPool('10.244.3.0/29')
    expect(['a', 'b', 'c', 'd', 'e'].map(owner => pool.claim(owner)).at(-1)).toBe('10.244.3.6')
    expect(() => pool.claim('f')).toThrow(AddressesExhausted)
  })

  it('gives an address back last', () => {
    const pool = new AddressPool('10.244.3.0/29')
    pool.claim('a')
    pool.claim('b')
    pool.release('a')
    expect(['c', 'd', 'e', 'f'].map(owner => pool.claim(owner))).toEqual([
      '10.244.3.4',
      '10.244.3.5',
      '10.244.3.6',
      '10.244.3.2',
    ])
  })

  it('does not adopt what is another’s, or of another network', () => {
    const pool = new AddressPool('10.244.3.0/24')
    expect(pool.adopt('a', '10.244.3.9')).toBe(true)
    expect(pool.adopt('a', '10.244.3.9')).toBe(true)
    expect(pool.adopt('b', '10.244.3.9')).toBe(false)
    expect(pool.adopt('b', '10.244.4.9')).toBe(false)
    expect(pool.adopt('b', '10.244.3.1')).toBe(false)
    expect(pool.adopt('b', '')).toBe(false)
    expect(pool.claim('b')).toBe('10.244.3.10')
  })

  it('never gives one address to two, whatever is claimed, released and adopted, also by its successor', () => {
    const owner = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('claim', 'release'), owner, host: fc.constant(0) }),
      fc.record({ do: fc.constant('adopt'), owner, host: fc.integer({ min: 0, max: 15 }) }),
      fc.record({ do: fc.constant('restart'), owner, host: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        let pool = new AddressPool('10.244.3.0/28')
        const held = new Map<string, string>()
        for (const { do: action, owner: name, host } of steps) {
          if (action === 'claim') held.set(name, pool.claim(name))
          if (action === 'adopt' && pool.adopt(name, `10.244.3.${host}`)) held.set(name, `10.244.3.${host}`)
          if (action === 'release') {
            pool.release(name)
            held.delete(name)
          }
          if (action === 'restart') {
            pool = new AddressPool('10.244.3.0/28')
            for (const [one, ip] of held) expect(pool.adopt(one, ip)).toBe(true)
          }
          const given = [...held.values()]
          expect(new Set(given).size).toBe(given.length)
          for (const ip of given) expect(['10.244.3.0', '10.244.3.1', '10.244.3.15']).not.toContain(ip)
          for (const [one, ip] of held) expect(pool.addressOf(one)).toBe(ip)
        }
      }),
    )
  })
})
