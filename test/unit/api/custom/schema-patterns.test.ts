import { expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { validatePatterns } from '../../../../src-main/api/custom/schema-patterns.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'

function check(schema: OpenApiSchema) {
  const errors = new FieldErrors()
  validatePatterns([{ schema, field: 's' }], errors)
  return errors.causes.map(({ field, message }) => `${field ?? ''} ${message}`)
}

const bad = { pattern: '(?!a)' }
const why =
  'Invalid value: "(?!a)": must be a valid regular expression, but isn\'t: error parsing regexp: invalid or unsupported Perl syntax: `(?!`'

test.each<[string, OpenApiSchema]>([
  ['s.pattern', bad],
  ['s.properties[p].pattern', { properties: { p: bad } }],
  ['s.items.pattern', { items: bad }],
  ['s.additionalProperties.pattern', { additionalProperties: bad }],
  ['s.anyOf[1].properties[p].pattern', { anyOf: [{}, { properties: { p: bad } }] }],
  ['s.not.pattern', { not: bad }],
])('a pattern that Go refuses is refused in its words: %s', (field, schema) => {
  expect(check(schema)).toEqual([`${field} ${why}`])
})

test('patterns that take long to compile are refused when there are many, and not when they are alike', () => {
  const schemas = (patternOf: (index: number) => string) => ({
    allOf: Array.from({ length: 200 }, (_, index) => ({ pattern: patternOf(index) })),
  })
  expect(check(schemas(() => '^(a|b){0,300}c$'))).toEqual([])
  expect(check(schemas(index => `^(a|b){0,300}c{${index}}$`))).toEqual([
    expect.stringMatching(/^s\.allOf\[\d+\]\.pattern Forbidden: the patterns of the definition are too much/),
  ])
})
