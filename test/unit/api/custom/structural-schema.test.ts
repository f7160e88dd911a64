import { expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { validateStructuralSchema } from '../../../../src-main/api/custom/structural-schema.ts'
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
  validateStructuralSchema(schema, 's', errors)
  expect(errors.causes.map(({ field, message }) => `${field} ${message}`)).toEqual(expected)
})
