import { expect, test } from 'vitest'
import { goJson } from '../../../../src-renderer/api/go-json.ts'

test('keys are in order, at every depth', () => {
  expect(goJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}\n')
})

test('keys that look like numbers are in the order of text too', () => {
  expect(goJson({ 9: 'a', 10: 'b' })).toBe('{"10":"b","9":"a"}\n')
})

test('what HTML could take for its own is escaped', () => {
  expect(goJson({ command: 'a < b && c > d' })).toBe('{"command":"a \\u003c b \\u0026\\u0026 c \\u003e d"}\n')
})
