import { expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../../src-main/api/custom/open-api-schema.ts'
import { evaluate } from './evaluate.ts'

const int: OpenApiSchema = { type: 'integer' }
const string: OpenApiSchema = { type: 'string' }
const list = (items: OpenApiSchema): OpenApiSchema => ({ type: 'array', items })
const map = (values: OpenApiSchema): OpenApiSchema => ({ type: 'object', additionalProperties: values })
const object = (properties: Record<string, OpenApiSchema>): OpenApiSchema => ({ type: 'object', properties })
const entry = object({ name: string, value: string })

// The examples of https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
test.each<[rule: string, schema: OpenApiSchema, right: unknown, wrong: unknown]>([
  ['self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas', object({ minReplicas: int, replicas: int, maxReplicas: int }), { minReplicas: 1, replicas: 2, maxReplicas: 3 }, { minReplicas: 1, replicas: 4, maxReplicas: 3 }],
  [`'Available' in self.stateCounts`, object({ stateCounts: map(int) }), { stateCounts: { Available: 1 } }, { stateCounts: {} }],
  ['(self.list1.size() == 0) != (self.list2.size() == 0)', object({ list1: list(int), list2: list(int) }), { list1: [], list2: [1] }, { list1: [], list2: [] }],
  [`!('MY_KEY' in self.map1) || self.map1['MY_KEY'].matches('^[a-zA-Z]*$')`, object({ map1: map(string) }), { map1: { MY_KEY: 'abc' } }, { map1: { MY_KEY: 'a1' } }],
  [`self.envars.filter(e, e.name == 'MY_ENV').all(e, e.value.matches('^[a-zA-Z]*$'))`, object({ envars: list(entry) }), { envars: [{ name: 'MY_ENV', value: 'a' }, { name: 'X', value: '1' }] }, { envars: [{ name: 'MY_ENV', value: '1' }] }],
  ['has(self.expired) && self.created + self.ttl < self.expired', object({ expired: { type: 'string', format: 'date-time' }, created: { type: 'string', format: 'date-time' }, ttl: { type: 'string', format: 'duration' } }), { created: '2024-01-01T00:00:00Z', ttl: '1h', expired: '2024-01-01T02:00:00Z' }, { created: '2024-01-01T00:00:00Z', ttl: '3h', expired: '2024-01-01T02:00:00Z' }],
  [`self.health.startsWith('ok')`, object({ health: string }), { health: 'ok: all' }, { health: 'bad' }],
  [`self.widgets.exists(w, w.key == 'x' && w.foo < 10)`, object({ widgets: list(object({ key: string, foo: int })) }), { widgets: [{ key: 'x', foo: 9 }] }, { widgets: [{ key: 'x', foo: 10 }] }],
  [`type(self) == string ? self == '99%' : self == 42`, { 'x-kubernetes-int-or-string': true }, '99%', 41],
  [`self.metadata.name == 'singleton'`, { 'x-kubernetes-embedded-resource': true, type: 'object' }, { metadata: { name: 'singleton' } }, { metadata: { name: 'x' } }],
  ['self.set1.all(e, !(e in self.set2))', object({ set1: list(int), set2: list(int) }), { set1: [1], set2: [2] }, { set1: [1, 2], set2: [2] }],
  ['size(self.names) == size(self.details) && self.names.all(n, n in self.details)', object({ names: list(string), details: map(int) }), { names: ['a'], details: { a: 1 } }, { names: ['a'], details: { b: 1 } }],
  ['size(self.clusters.filter(c, c.name == self.primary)) == 1', object({ clusters: list(entry), primary: string }), { clusters: [{ name: 'a' }, { name: 'b' }], primary: 'a' }, { clusters: [{ name: 'a' }, { name: 'a' }], primary: 'a' }],
  ['self.foo__dot__bar > 0 && self.x__dash__y > 0 && self.__namespace__ > 0', object({ 'foo.bar': int, 'x-y': int, namespace: int }), { 'foo.bar': 1, 'x-y': 1, namespace: 1 }, { 'foo.bar': 1, 'x-y': 0, namespace: 1 }],
  // and what charts have
  ['!(has(self.a) && has(self.b)) && [has(self.a), has(self.b)].filter(x, x == true).size() == 1', object({ a: int, b: int }), { a: 1 }, {}],
  ['(has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) <= 1', object({ a: int, b: int }), { b: 1 }, { a: 1, b: 1 }],
  ['(has(self.endpoints) ? self.endpoints : []).all(e, e.name.size() > 0)', object({ endpoints: list(entry) }), {}, { endpoints: [{ name: '' }] }],
  ['self.all(r, type(self[r]) == string ? quantity(self[r]).sign() >= 0 : self[r] >= 0)', map({ 'x-kubernetes-int-or-string': true }), { cpu: '1', memory: 2 }, { cpu: '-1' }],
  ['isCIDR(self) && cidr(self) == cidr(self).masked()', string, '10.0.0.0/8', '10.0.0.1/8'],
  [`isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''`, string, 'https://a.org', 'http://a.org'],
  [`self.split('.').all(s, !format.dns1123Label().validate(s).hasValue())`, string, 'a.b', 'a.B'],
  [`!(duration(self) < duration('1s') || duration(self) > duration('1h'))`, string, '10s', '2h'],
  [`int(self.split('.')[0]) >= 14`, string, '15.2', '9.6'],
  [`self.all(x, self.exists_one(y, x == y))`, list(string), ['a', 'b'], ['a', 'a']],
  [`'example.org/zone' in self && self['example.org/zone'] != ''`, map(string), { 'example.org/zone': 'a' }, {}],
])('%s', (rule, schema, right, wrong) => {
  expect(evaluate(rule, { schema, self: right })).toBe(true)
  expect(evaluate(rule, { schema, self: wrong })).toBe(false)
}) // prettier-ignore
