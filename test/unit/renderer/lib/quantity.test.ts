import { expect, test } from 'vitest'
import { amount, formatBytes, formatCores } from '../../../../src-renderer/lib/quantity.ts'
import { formatSpan } from '../../../../src-renderer/lib/time.ts'

test.each([
  ['100m', 0.1],
  ['1.5', 1.5],
  ['2e3', 2000],
  ['512Mi', 512 * 2 ** 20],
  ['1G', 1e9],
  [4, 4],
  [undefined, 0],
  ['none', 0],
])('%s is %d', (text, value) => {
  expect(amount(text)).toBeCloseTo(value)
})

test.each([
  [0, '0'],
  [512 * 2 ** 20, '512 Mi'],
  [15.5 * 2 ** 30, '15.5 Gi'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('cores have two decimals at most', () => {
  expect(formatCores(0.30000000000000004)).toBe('0.3')
})

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000 * 5, '5 h'],
  [86_400_000 * 3, '3 d'],
])('%d ms are %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text)
})
