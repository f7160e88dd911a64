import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys, SortedRows, type SortKey } from '../../../../src-renderer/data/sorted-rows.ts'

test('names with numbers sort as people count', () => {
  const rows = new SortedRows()
  rows.update(new Map(['web-10', 'web-2', 'web-1'].map(name => [name, { value: name, tie: name }])))
  expect(rows.ids).toEqual(['web-1', 'web-2', 'web-10'])
})

test('an update that changes no key leaves the very same list', () => {
  const rows = new SortedRows()
  rows.update(new Map([['a', { value: 1, tie: 'a' }]]))
  const before = rows.ids
  expect(rows.update(new Map([['a', { value: 1, tie: 'a' }]]))).toBe(false)
  expect(rows.ids).toBe(before)
})

const change = fc.record({
  id: fc.integer({ min: 0, max: 30 }),
  key: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
})

test('after any changes the order is that of a whole sort', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change)), fc.constantFrom<1 | -1>(1, -1), (batches, direction) => {
      const rows = new SortedRows(direction)
      const model = new Map<string, SortKey>()
      for (const batch of batches) {
        const changes = new Map<string, SortKey | undefined>()
        for (const { id, key } of batch) {
          const name = `r${id}`
          const next = key === undefined ? undefined : { value: key, tie: name }
          changes.set(name, next)
          if (next) model.set(name, next)
          else model.delete(name)
        }
        rows.update(changes)
      }
      const expected = [...model].sort(([, a], [, b]) => direction * compareKeys(a, b)).map(([id]) => id)
      expect(rows.ids).toEqual(expected)
    }),
  )
})

test('100 changes among 10,000 rows compare far less than a new sort does', () => {
  let reads = 0
  const key = (value: number): SortKey => ({
    get value() {
      reads += 1
      return value
    },
    tie: String(value),
  })
  const rows = new SortedRows()
  rows.update(
    new Map(Array.from({ length: 10_000 }, (_, index) => [`r${index}`, key((index * 7919) % 10_007)])),
  )
  const wholeSort = reads
  reads = 0
  rows.update(new Map(Array.from({ length: 100 }, (_, index) => [`r${index * 97}`, key(index * 31 + 0.5)])))
  expect(reads).toBeLessThan(wholeSort / 20)
  expect(rows.ids).toHaveLength(10_000)
})
