import { expect, test } from 'vitest'
import { parseFilter, type Filterable } from '../../../../src-renderer/data/filter.ts'

const row: Filterable = {
  name: 'web-1',
  labels: { app: 'web', 'app.kubernetes.io/part-of': 'Shop' },
  annotations: { team: 'blue' },
  state: 'wrong',
  text: 'web-1 shop imagepullbackoff not found',
}

test.each([
  ['', true],
  ['web', true],
  ['WEB shop', true],
  ['db', false],
  ['web db', false],
  ['app=web', true],
  ['app=api', false],
  ['team=blue', true],
  ['app.kubernetes.io/part-of=shop', true],
  ['part-of', true],
  ['status:failing', true],
  ['status:ok', false],
  ['status:imagepull', true],
  ['-status:failing', false],
  ['-db', true],
])('%j passes: %s', (filter, passes) => {
  expect(parseFilter(filter)(row)).toBe(passes)
})
