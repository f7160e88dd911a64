import { expect, test } from 'vitest'
import { age, humanDuration } from '../../../../../src-main/api/kinds/printing/age.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

// The cases of apimachinery pkg/util/duration/duration_test.go, and the borders between them
test.each([
  [-2 * S, '<invalid>'],
  [-1 * S, '0s'],
  [0, '0s'],
  [900, '0s'],
  [S, '1s'],
  [70 * S, '70s'],
  [119 * S, '119s'],
  [2 * M, '2m'],
  [190 * S, '3m10s'],
  [10 * M, '10m'],
  [10 * M + 59 * S, '10m'],
  [70 * M, '70m'],
  [179 * M, '179m'],
  [3 * H, '3h'],
  [3 * H + 10 * M, '3h10m'],
  [7 * H + 59 * M, '7h59m'],
  [8 * H + 20 * M, '8h'],
  [47 * H, '47h'],
  [2 * D, '2d'],
  [2 * D + 4 * H, '2d4h'],
  [8 * D + 5 * H, '8d'],
  [365 * D, '365d'],
  [365 * 2 * D, '2y'],
  [365 * 2 * D + 7 * D, '2y7d'],
  [365 * 8 * D, '8y'],
  [365 * 9 * D + 3 * D, '9y'],
])('%d ms: %s', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text)
})

test('the age of nothing is unknown', () => {
  expect(age(undefined, 0)).toBe('<unknown>')
  expect(age('', 0)).toBe('<unknown>')
  expect(age('1970-01-01T00:00:10Z', 25 * S)).toBe('15s')
})
