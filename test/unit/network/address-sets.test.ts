import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AddressSets } from '../../../src-main/network/plan/address-sets.ts'
import { compareAddresses } from '../../../src-main/network/plan/addresses.ts'

const address = fc.tuple(fc.nat(3), fc.nat(20)).map(([server, pod]) => `10.244.${server}.${pod}`)

test('a union has the addresses of its sets, each once, in their order', () => {
  fc.assert(
    fc.property(fc.array(address), fc.array(fc.array(address), { maxLength: 4 }), (known, sets) => {
      const all = new AddressSets(known)
      const expected = [...new Set(sets.flat().filter(each => known.includes(each)))].sort(compareAddresses)
      expect(all.union(sets.map(set => all.setOf(set)))).toEqual(expected)
    }),
  )
})
