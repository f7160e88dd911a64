import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, foldSame } from '../../../../src-renderer/lib/line-diff.ts'

test('a changed line is taken out and put in at its place', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc').map(line => `${line.kind} ${line.text}`)).toEqual([
    'same a',
    'removed b',
    'added x',
    'same c',
  ])
})

test('without the added lines it is the first text, without the removed ones the second', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '')).map(lines => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      const without = (kind: string) =>
        lines
          .filter(line => line.kind !== kind)
          .map(line => line.text)
          .join('\n')
      expect([without('added'), without('removed')]).toEqual([before, after])
    }),
  )
})

test('far from a change nothing is shown', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  const after = before.with(10, 'changed')
  const folded = foldSame(diffLines(before.join('\n'), after.join('\n')), 1)
  expect(folded.map(line => line?.text)).toEqual([
    undefined,
    'line 9',
    'line 10',
    'changed',
    'line 11',
    undefined,
  ])
})
