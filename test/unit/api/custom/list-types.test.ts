import { expect, it } from 'vitest'
import { validateLists } from '../../../../src-main/api/custom/list-types.ts'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'

const schema: OpenApiSchema = {
  type: 'object',
  properties: {
    hosts: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    words: { type: 'array', items: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        properties: {
          port: { type: 'integer' },
          protocol: { type: 'string', default: 'TCP' },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        },
      },
    },
    byName: {
      type: 'object',
      additionalProperties: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    },
  },
}

it.each<[string, object, string[]]>([
  ['a set', { hosts: ['a', 'b'] }, []],
  ['a set with one twice', { hosts: ['a', 'b', 'a'] }, ['hosts[2]: Duplicate value: "a"']],
  ['an ordinary list', { words: ['a', 'a'] }, []],
  ['a map', { ports: [{ port: 1 }, { port: 2 }, { port: 1, protocol: 'UDP' }] }, []],
  [
    'a map with one twice, once by default',
    { ports: [{ port: 1, protocol: 'TCP' }, { port: 1 }] },
    ['ports[1]: Duplicate value: {"port":1,"protocol":"TCP"}'],
  ],
  ['a set in a map', { ports: [{ port: 1, tags: ['a', 'a'] }] }, ['ports[0].tags[1]: Duplicate value: "a"']],
  ['a set under any name', { byName: { x: ['a', 'a'] } }, ['byName[x][1]: Duplicate value: "a"']],
  ['what is no list at all', { hosts: 'a', ports: null, byName: { x: 1 } }, []],
])('%s', (_, value, causes) => {
  const errors = new FieldErrors()
  validateLists(value, schema, '', errors)
  expect(errors.causes.map(({ field, message }) => `${field}: ${message}`)).toEqual(causes)
})
