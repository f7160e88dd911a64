import { expect, test } from 'vitest'
import type { JsonSchema } from '../../../../src-main/api/schema.ts'
import { FieldErrors, MAX_CAUSES } from '../../../../src-main/api/validation/field-errors.ts'
import { checkSchema } from '../../../../src-main/api/validation/schema-check.ts'
import { dropUnknownMembers } from '../../../../src-main/api/validation/unknown-members.ts'

function check(property: JsonSchema, value: unknown) {
  const errors = new FieldErrors()
  const unknown: string[] = []
  const schema = { type: 'object', properties: { p: property } }
  checkSchema(schema, { p: value }, { goTypes: false, errors, unknown })
  return { causes: errors.causes.map(({ field, message }) => `${field} ${message}`), unknown }
}

const closed = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
})
const text = { type: 'string' }

test.each<[string, JsonSchema, right: unknown, wrong: unknown, message: string]>([
  ['type', text, 'x', 1, 'p Invalid value: 1: must be of type string, but is number'],
  ['types', { type: ['integer', 'string'] }, 1, true, 'p Invalid value: true: must be of type integer,string, but is bool'],
  ['whole numbers', { type: 'integer' }, 2, 2.5, 'p Invalid value: 2.5: must be of type integer, but is number'],
  ['null', { type: ['string', 'null'] }, null, [], 'p Invalid value: []: must be of type string,null, but is array'],
  ['enum', { enum: ['a', 'b', null] }, 'a', 'c', 'p Unsupported value: "c": supported values: "a", "b"'],
  ['enum of objects', { enum: [{ a: 1 }] }, { a: 1 }, { a: 2 }, 'p Unsupported value: {"a":2}: supported values: "{\"a\":1}"'],
  ['pattern', { type: 'string', pattern: '^(?P<a>[[:alpha:]]+)$' }, 'ab', 'a1', "p Invalid value: \"a1\": p in body should match '^(?P<a>[[:alpha:]]+)$'"],
  ['format', { type: 'string', format: 'ipv4' }, '10.0.0.1', '10.0.0', 'p Invalid value: "10.0.0": must be of type ipv4, but is string'],
  ['format of another type', { type: ['string', 'integer'], format: 'int32' }, 'x', 2 ** 40, 'p Invalid value: 1099511627776: must be of type int32, but is number'],
  ['minLength', { type: 'string', minLength: 2 }, 'ab', '😀', 'p Invalid value: "😀": p in body should be at least 2 chars long'],
  ['maxLength', { type: 'string', maxLength: 2 }, '😀😀', 'abc', 'p Invalid value: "abc": p in body may not be more than 2 chars long'],
  ['minimum', { type: 'number', minimum: 1 }, 1, 0, 'p Invalid value: 0: p in body should be greater than or equal to 1'],
  ['exclusiveMinimum', { type: 'number', exclusiveMinimum: 1 }, 1.1, 1, 'p Invalid value: 1: p in body should be greater than 1'],
  ['maximum', { type: 'number', maximum: 1 }, 1, 2, 'p Invalid value: 2: p in body should be less than or equal to 1'],
  ['exclusiveMaximum', { type: 'number', exclusiveMaximum: 1 }, 0, 1, 'p Invalid value: 1: p in body should be less than 1'],
  ['multipleOf', { type: 'number', multipleOf: 0.5 }, 1.5, 1.2, 'p Invalid value: 1.2: p in body should be a multiple of 0.5'],
  ['minItems', { type: 'array', minItems: 1 }, [1], [], 'p Invalid value: "0 items": p in body should have at least 1 items'],
  ['maxItems', { type: 'array', maxItems: 1 }, [1], [1, 2], 'p Too many: 2: must have at most 1 items'],
  ['minProperties', { type: 'object', minProperties: 1 }, { a: 1 }, {}, 'p Invalid value: {}: p in body should have at least 1 properties'],
  ['maxProperties', { type: 'object', maxProperties: 0 }, {}, { a: 1 }, 'p Invalid value: {"a":1}: p in body should have at most 0 properties'],
  ['required', { type: 'object', required: ['a'] }, { a: 0 }, {}, 'p.a Required value'],
  ['items', { type: 'array', items: text }, ['x'], ['x', 1], 'p[1] Invalid value: 1: must be of type string, but is number'],
  ['values of a map', { type: 'object', additionalProperties: text }, { a: 'x' }, { 'a.b': 1 }, 'p[a.b] Invalid value: 1: must be of type string, but is number'],
  ['not', { not: { enum: [1] } }, 2, 1, 'p Invalid value: 1: p in body must not validate the schema (not)'],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 3 }] }, 2, 4, 'p Invalid value: 4: p in body should be less than or equal to 3'],
])('%s', (_, schema, right, wrong, message) => {
  expect(check(schema, right)).toEqual({ causes: [], unknown: [] })
  expect(check(schema, wrong).causes).toEqual([message])
}) // prettier-ignore

test.each([
  [0.1, 0.3, true], [0.01, 0.29, true], [0.1, -0.7, true], [0.1, 0, true], [0.1, 0.35, false], [0.1, 1e-12, false],
  [3, 9, true], [2, 2 ** 40 + 1, false], [2, 1.5, false],
])('of %f, %f is a multiple: %s', (multipleOf, value, isMultiple) => {
  expect(check({ type: 'number', multipleOf }, value).causes).toHaveLength(isMultiple ? 0 : 1)
}) // prettier-ignore

test.each([
  ['date', '2024-02-29', true], ['date', '2023-02-29', false], ['date', '2023-02-30', false], ['date', '2023-13-01', false],
  ['date', '2100-02-29', false], ['date-time', '2023-04-30T10:00:00Z', true], ['date-time', '2023-04-31T10:00:00Z', false],
  ['date-time', '2023-04-30T24:00:00Z', false], ['datetime', '2023-02-30T10:00:00+02:00', false],
])('%s: %s holds: %s', (format, value, holds) => {
  expect(check({ type: 'string', format }, value).causes).toHaveLength(holds ? 0 : 1)
}) // prettier-ignore

test('of alternatives the best one’s fault is told too', () => {
  const anyOf = [{ required: ['a', 'b'] }, { required: ['c'] }]
  expect(check({ anyOf }, { c: 1 }).causes).toEqual([])
  expect(check({ anyOf }, {}).causes).toEqual([
    'p Invalid value: {}: p in body must validate at least one schema (anyOf)',
    'p.c Required value',
  ])
  const oneOf = [{ required: ['a'] }, { required: ['b'] }]
  expect(check({ oneOf }, { a: 1 }).causes).toEqual([])
  expect(check({ oneOf }, { a: 1, b: 1 }).causes).toEqual([
    'p Invalid value: {"a":1,"b":1}: p in body must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ])
  expect(check({ oneOf }, {}).causes).toEqual([
    'p Invalid value: {}: p in body must validate one and only one schema (oneOf). Found none valid',
    'p.a Required value',
  ])
})

test('what the schema does not have is found at any depth, and can be dropped', () => {
  const schema = closed({ list: { type: 'array', items: closed({ a: text }) }, map: { type: 'object', additionalProperties: closed({}) }, open: { type: 'object', properties: { in: closed({}) } } }) // prettier-ignore
  const value = { list: [{ a: 'x', b: 1 }], map: { k: { c: 1 } }, open: { d: 1, in: { e: 1 } }, f: 1 }
  expect(check(schema, value).unknown).toEqual(['p.list[0].b', 'p.map[k].c', 'p.open.in.e', 'p.f'])
  dropUnknownMembers(schema, value)
  expect(value).toEqual({ list: [{ a: 'x' }], map: { k: {} }, open: { d: 1, in: {} } })
})

test('a hundred unknown members and a thousand errors are told, however many there are', () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`m${n}`, n]))
  expect(check(closed({}), many).unknown).toHaveLength(100)
  expect(check({ type: 'object', additionalProperties: text }, many).causes).toHaveLength(MAX_CAUSES)
})

test('the names that every object inherits are names like others', () => {
  expect(check(closed({ a: text }), JSON.parse('{"constructor":1,"toString":2}')).unknown).toEqual([
    'p.constructor',
    'p.toString',
  ])
})

test('a schema is read only where the object has something, so that a large one costs nothing', () => {
  const untouched: JsonSchema = {
    get type(): string {
      throw new Error('was read')
    },
  }
  const schema = closed({ here: text, there: closed({ deep: untouched }) })
  expect(check(schema, { here: 'x' })).toEqual({ causes: [], unknown: [] })
  expect(check(schema, { here: 'x', there: {} })).toEqual({ causes: [], unknown: [] })
  expect(() => check(schema, { there: { deep: 1 } })).toThrow('was read')
})

test('definitions may contain themselves', () => {
  const tree: JsonSchema = closed({ name: text })
  tree.properties = { ...tree.properties, children: { type: 'array', items: tree } }
  const value = { name: 'a', children: [{ name: 'b', children: [{ name: 1, other: 2 }] }] }
  expect(check(tree, value)).toEqual({
    causes: ['p.children[0].children[0].name Invalid value: 1: must be of type string, but is number'],
    unknown: ['p.children[0].children[0].other'],
  })
})

const tooMuch = /^<nil> Forbidden: holding it to its schema is too much work at p\[?/
const list = <T>(count: number, item: (n: number) => T) => Array.from({ length: count }, (_, n) => item(n))
/** No two stretches of it are alike. */
const noise = (length: number) => {
  let seed = 1
  return list(length, () => 'ab'[((seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff) >> 16) & 1]).join('')
}

test.each<[string, JsonSchema, unknown]>([
  ['a pattern that repeats much, of a long text', { type: 'string', pattern: '(a|b)*a(a|b){1000}c' }, `c${noise(1_500_000)}`],
  ['many patterns of a long text', { allOf: list(3_000, n => ({ pattern: `^[a-z]*[a-z${n}]$` })) }, noise(500_000)],
  ['many alternatives for each of many', { type: 'array', items: { anyOf: list(5_000, n => ({ enum: [`x${n}`] })) } }, list(30_000, () => 'x4999')],
  ['many objects to choose from', { type: 'array', items: { enum: list(15_000, n => ({ n })) } }, list(15_000, n => ({ n: 14_999 - (n % 2) }))],
  ['many parts that count the members', { allOf: list(5_000, n => ({ minProperties: n })) }, Object.fromEntries(list(30_000, n => [`k${n}`, n]))],
  ['many parts that are all wrong', { allOf: list(5_000, () => ({ maxProperties: 1 })) }, Object.fromEntries(list(30_000, n => [`k${n}`, n]))],
])('%s is refused', (_, schema, value) => {
  const { causes } = check(schema, value)
  expect(causes.at(-1)).toMatch(tooMuch)
  expect(causes.length).toBeLessThanOrEqual(MAX_CAUSES)
}) // prettier-ignore

test.each<[string, JsonSchema, unknown]>([
  ['a name’s pattern, of ten thousand names', { type: 'array', items: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' } }, list(10_000, n => `a-rather-long-name-of-a-service-${n}.namespace.svc.cluster.local`)],
  ['a quantity’s pattern, of five thousand', { type: 'array', items: { type: 'string', pattern: '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$' } }, list(5_000, n => `${n}Mi`)],
  ['a plain pattern, of a megabyte', { type: 'string', pattern: '^[A-Za-z0-9+/=\\n]*$' }, 'aGVsbG8='.repeat(131_072)],
  ['thirty thousand choices, for each of as many', { type: 'array', items: { enum: list(30_000, n => `x${n}`) } }, list(30_000, n => `x${n}`)],
  ['integers or texts', { type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'string' }] } }, list(30_000, n => `${n}`)],
])('%s is not', (_, schema, value) => expect(check(schema, value)).toEqual({ causes: [], unknown: [] })) // prettier-ignore

test('of many choices a hundred are told', () => {
  const [cause = ''] = check({ enum: list(30_000, n => `x${n}`) }, 'y').causes
  expect(cause).toMatch(/^p Unsupported value: "y": supported values: "x0", "x1", /)
  expect(cause.length).toBeLessThan(1_000)
})
