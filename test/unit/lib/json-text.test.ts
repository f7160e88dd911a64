import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText } from '../../../src-main/lib/json-text.ts'

test('what is short is JSON.stringify’s, of what is longer there is the beginning', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 40 }), (value, max) => {
      const whole = JSON.stringify(value)
      expect(jsonText(value, max)).toBe(whole.length > max ? `${whole.slice(0, max)}…` : whole)
    }),
  )
})

test('the rest is not looked at', () => {
  const rest = {
    get a(): number {
      throw new Error('was read')
    },
  }
  expect(jsonText(['x'.repeat(20), rest], 10)).toBe('["xxxxxxxx…')
  expect(jsonText([[{ a: 1 }, rest], rest], 3)).toBe('[[{…')
})
