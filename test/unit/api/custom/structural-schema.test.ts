import { expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { validateStructuralSchemas } from '../../../../src-main/api/custom/structural-schema.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'

const within = (property: object) => ({ type: 'object', properties: { p: property } }) as OpenApiSchema

test.each<[string, OpenApiSchema, string[]]>([
  ['a plain one', within({ type: 'string' }), []],
  [
    'int or string',
    within({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
    [],
  ],
  ['anything', within({ 'x-kubernetes-preserve-unknown-fields': true }), []],
  ['no type at the root', { properties: {} }, ['s.type Required value: must not be empty at the root']],
  [
    'no type',
    within({}),
    ['s.properties[p].type Required value: must not be empty for specified object fields'],
  ],
  ['no items', within({ type: 'array' }), ['s.properties[p].items Required value: must be specified']],
  [
    'both kinds of members',
    within({ type: 'object', properties: {}, additionalProperties: true }),
    [
      's.properties[p].additionalProperties Forbidden: additionalProperties and properties are mutual exclusive',
    ],
  ],
  [
    'structure below anyOf',
    within({ type: 'string', anyOf: [{ type: 'string' }] }),
    ['s.properties[p].anyOf[0].type Forbidden: must be empty to be structural'],
  ],
  [
    'a wrong default',
    within({ type: 'integer', default: 'x' }),
    [
      's.properties[p].default Invalid value: "x": must be valid by its own schema: Invalid value: "x": must be of type integer, but is string',
    ],
  ],
  [
    'keys of a list that are not there',
    within({
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
    }),
    [
      's.properties[p].x-kubernetes-list-map-keys Invalid value: "n": entries must all be names of item properties',
    ],
  ],
])('%s', (_, schema, expected) => {
  const errors = new FieldErrors()
  validateStructuralSchemas([{ schema, field: 's' }], errors)
  expect(errors.causes.map(({ field, message }) => `${field} ${message}`)).toEqual(expected)
})

function causesOf(property: object) {
  const errors = new FieldErrors()
  validateStructuralSchemas([{ schema: within(property), field: 's' }], errors)
  return errors.causes.map(({ field, message }) => `${field ?? ''} ${message}`)
}

test('defaults are held to their schemas, however many of those stand within each other', () => {
  const leaf = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`p${n}`, { type: 'string' }]))
  let schema: object = { type: 'object', properties: leaf }
  for (let level = 0; level < 60; level++) {
    schema = { type: 'object', default: {}, nullable: true, properties: { a: schema } }
  }
  expect(causesOf(schema)).toEqual([])
  expect(causesOf({ type: 'string', nullable: true, default: null })).toEqual([])
  expect(causesOf({ type: 'string', default: null })).toHaveLength(1)
  expect(causesOf({ type: 'string', enum: ['a'], default: 'b' })).toHaveLength(1)
})

test('a default is no way around what holding to a pattern may cost', () => {
  const hard = { type: 'string', pattern: '(a|b)*a(a|b){1000}c', default: `c${'ab'.repeat(1_000)}` }
  const properties = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`p${n}`, hard]))
  expect(causesOf({ type: 'object', properties }).at(-1)).toMatch(/holding it to its schema is too much work/)
})
