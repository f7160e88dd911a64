import { expect, test } from 'vitest'
import { goRegExp, GoRegExpError } from '../../../../src-main/api/validation/go-regexp.ts'

test.each<[pattern: string, matches: string, not: string]>([
  ['^[a-z]+$', 'abc', 'abc\n'],
  ['a.c', 'xabcx', 'a\nc'],
  ['(?i)^abc$', 'ABC', 'ABCD'],
  ['(?s)a.c', 'a\nc', 'ac'],
  ['(?P<name>x)y', 'xy', 'yx'],
  ['^[[:alnum:]]+$', 'a1', 'a-'],
  ['\\Aa\\z', 'a', 'a\n'],
  ['^\\d+$', '12', '٣'],
  ['^\\pL$', 'é', '1'],
  ['\\Qa.b\\E', 'a.b', 'axb'],
  ['^.$', '😀', 'ab'],
])('%s is read as Go reads it', (pattern, matches, not) => {
  expect(goRegExp(pattern).test(matches)).toBe(true)
  expect(goRegExp(pattern).test(not)).toBe(false)
})

test.each([
  ['[a', 'error parsing regexp: missing closing ]: `[a`'],
  ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
  ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
  ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
])('%s is refused in Go’s words', (pattern, message) => {
  expect(() => goRegExp(pattern)).toThrow(new GoRegExpError(message))
})

test('what takes JavaScript’s own for ever is done at once', () => {
  expect(goRegExp('^(a+)+$').test(`${'a'.repeat(100_000)}!`)).toBe(false)
  expect(goRegExp('^(([a-z])+.)+[A-Z]([a-z])+$').test('a'.repeat(100_000))).toBe(false)
})
