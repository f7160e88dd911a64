import fc from 'fast-check'
import { expect, it } from 'vitest'
import { spliceOf } from '../../../src-main/network/splice.ts'

const text = fc.array(fc.constantFrom('a', 'b', 'ä', '\n'), { maxLength: 12 }).map(parts => parts.join(''))

it('makes one text the other', () => {
  fc.assert(
    fc.property(text, text, text, text, (head, before, after, tail) => {
      const [from, to] = [head + before + tail, head + after + tail]
      const old = Buffer.from(from)
      const splice = spliceOf(from, to)
      const made = [old.subarray(0, splice.head), splice.middle, old.subarray(old.length - splice.tail)]
      expect(Buffer.concat(made).toString()).toBe(to)
      expect(splice.head + splice.tail).toBeGreaterThanOrEqual(
        Buffer.byteLength(head + tail) * Number(before !== after),
      )
    }),
  )
})

it('has nothing in it where nothing has changed', () => {
  expect(spliceOf('same', 'same').middle).toHaveLength(0)
})
