import { expect, test } from 'vitest'
import { JsonPathError, parseJsonPath } from '../../../../src-main/api/custom/json-path.ts'

const object = {
  metadata: { labels: { 'example.com/tier': 'gold' } },
  spec: {
    hosts: ['a', 'b', 'c'],
    size: 3,
    ports: [
      { name: 'http', port: 80 },
      { name: 'sql', port: 5432 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
}

test.each<[string, unknown[]]>([
  ['.spec.size', [3]],
  ['.spec.missing.deeper', []],
  ['.spec.hosts[0]', ['a']],
  ['.spec.hosts[-1]', ['c']],
  ['.spec.hosts[1:]', ['b', 'c']],
  ['.spec.hosts[*]', ['a', 'b', 'c']],
  ['.spec.hosts', [['a', 'b', 'c']]],
  ['{.spec.ports[*].name}', ['http', 'sql']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type == 'Synced')].status", ['False']],
  ['.spec.ports[?(@.port>100)].name', ['sql']],
  [".status.conditions[?( @.type != 'a)]b>c' )].type", ['Ready', 'Synced']],
  ['.spec.ports[?(@.port)].name', ['http', 'sql']],
  ['.spec.ports[?(@.ports)].name', []],
  ['.metadata.labels.example\\.com/tier', ['gold']],
  ["$.metadata.labels['example.com/tier']", ['gold']],
  [".metadata.labels['example\\.com/tier']", ['gold']],
  ['.metadata.labels["example\\.com/tier"]', ['gold']],
  ['.spec.constructor', []],
])('%s', (path, expected) => {
  expect(parseJsonPath(path)(object)).toEqual(expected)
})

test.each([
  'spec',
  '.spec[',
  '.spec[?(@.a==b)]',
  '.spec[?(@.a=="b)]',
  '.spec[?(a==1)]',
  '.spec[?(@.a==)]',
  '..name',
  `.${'a'.repeat(1000)}`,
])('%s is no path', path => {
  expect(() => parseJsonPath(path)).toThrow(JsonPathError)
})
