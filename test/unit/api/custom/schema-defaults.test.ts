import { expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../src-main/api/custom/open-api-schema.ts'
import { applyDefaults } from '../../../../src-main/api/custom/schema-defaults.ts'

const properties = (count: number, content?: unknown): Record<string, OpenApiSchema> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: 'string', default: content }]))
const listOf = (items: OpenApiSchema): OpenApiSchema => ({
  type: 'object',
  properties: { l: { type: 'array', items } },
})
const empty = (count: number) => ({ l: Array.from({ length: count }, () => ({})) })

function filled(value: object, schema: OpenApiSchema) {
  applyDefaults(value, schema)
  return value
}

test.each<[string, OpenApiSchema, object, object]>([
  [
    'a default gets those of its members',
    { properties: { a: { default: {}, properties: { b: { default: 1 } } } } },
    {},
    { a: { b: 1 } },
  ],
  [
    'null gives way where it may not be',
    { properties: { a: { default: 1 }, b: { default: 1, nullable: true } } },
    { a: null, b: null },
    { a: 1, b: null },
  ],
  [
    'elements and values of maps get theirs',
    { properties: { l: { items: { properties: { a: { default: 1 } } } }, m: { additionalProperties: { properties: { b: { default: 2 } } } } } },
    { l: [{}, { a: 0 }, 3], m: { x: {}, y: null } },
    { l: [{ a: 1 }, { a: 0 }, 3], m: { x: { b: 2 }, y: null } },
  ],
  [
    'names that every object inherits are names like others',
    { properties: { constructor: { default: 1 } as OpenApiSchema, toString: { default: 2 } as unknown as OpenApiSchema & (() => string) } },
    {},
    { constructor: 1, toString: 2 },
  ],
])('%s', (_, schema, value, expected) => expect(filled(value, schema)).toEqual(expected)) // prettier-ignore

test.each<[string, OpenApiSchema, object]>([
  ['many defaults in each of many elements', listOf({ type: 'object', properties: properties(9_000, 'x') }), empty(30_000)],
  ['a large default in each of many elements', listOf({ type: 'object', properties: properties(1, 'x'.repeat(1_000_000)) }), empty(30_000)],
  ['a long list in each of many elements', listOf({ type: 'object', properties: properties(1, Array(10_000).fill(0)) }), empty(30_000)],
])('%s are refused', (_, schema, value) => {
  expect(() => filled(value, schema)).toThrow(
    expect.objectContaining({ reason: 'RequestEntityTooLarge', message: expect.stringMatching(/defaults of its schema/) as string }),
  )
}) // prettier-ignore

test('elements are many, and properties without a default too: only what is there is looked at', () => {
  let looks = 0
  const schema = listOf({ type: 'object', properties: { ...properties(10_000), last: { default: 1 } } })
  const { l } = empty(15_000)
  const seen = l.map(
    element => new Proxy(element, { has: () => (looks++, false), getOwnPropertyDescriptor: (target, name) => (looks++, Reflect.getOwnPropertyDescriptor(target, name)) }),
  ) // prettier-ignore
  filled({ l: seen }, schema)
  expect(l.at(-1)).toEqual({ last: 1 })
  expect(looks).toBeLessThan(10 * l.length)
})
