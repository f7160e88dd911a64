import { expect, test } from 'vitest'
import {
  configKey,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  envName,
  labelValue,
  pathInside,
  percentage,
  portName,
  qualifiedName,
  type TextRule,
} from '../../../../src-main/api/validation/text-rules.ts'

const rules: [name: string, rule: TextRule, right: string[], wrong: string[]][] = [
  ['dnsLabel', dnsLabel, ['a', '1', 'a-1', 'a'.repeat(63)], ['A', '-a', 'a-', 'a.b', 'a_b', 'a'.repeat(64)]],
  ['dns1035Label', dns1035Label, ['a', 'a-1'], ['1a', '-a', 'a-', 'a'.repeat(64)]],
  ['dnsSubdomain', dnsSubdomain, ['a', 'a.b-c.1'], ['a..b', '.a', 'a.', 'A', `${'a.'.repeat(127)}aa`]],
  ['labelValue', labelValue, ['', 'A', 'a_b.c-d'], ['-a', 'a-', 'a b', 'a/b', 'a'.repeat(64)]],
  [
    'qualifiedName',
    qualifiedName,
    ['a', 'A_b.c', 'example.com/name', 'a/1'],
    ['', '/a', 'a/', 'a/b/c', 'A.com/x', '-a', 'a'.repeat(64)],
  ],
  ['configKey', configKey, ['a', '.a', 'A_b-c.d'], ['.', '..', '..a', 'a b', 'a/b', '', 'a'.repeat(254)]],
  ['envName', envName, ['A', 'a.b-c', 'my var', '1'], ['', 'A=B', 'ü', 'a\nb']],
  ['portName', portName, ['http', 'a-1', '80a'], ['80', 'HTTP', 'a--b', '-a', 'a-', 'a'.repeat(16)]],
  ['percentage', percentage, ['0%', '150%'], ['', '1', '-1%', '1.5%', '%']],
  ['pathInside', pathInside, ['a', 'a/b', '..a', './a'], ['/a', '..', 'a/..', '../a']],
]

test.each(
  rules.flatMap(([name, rule, right, wrong]) => [
    ...right.map(text => ({ name, rule, text, valid: true })),
    ...wrong.map(text => ({ name, rule, text, valid: false })),
  ]),
)('$name("$text") is valid: $valid', ({ rule, text, valid }) => {
  expect(rule(text) === undefined).toBe(valid)
})
