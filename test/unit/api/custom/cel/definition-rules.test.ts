import { expect, test } from 'vitest'
import {
  rulesNotEvaluated,
  validateRuleDefinitions,
} from '../../../../../src-main/api/custom/cel/definition-rules.ts'
import type { OpenApiSchema, ValidationRule } from '../../../../../src-main/api/custom/open-api-schema.ts'
import { FieldErrors } from '../../../../../src-main/api/validation/field-errors.ts'

const schemaWith = (rule: object, more: OpenApiSchema = {}): OpenApiSchema => ({
  type: 'object',
  properties: {
    p: {
      type: 'object',
      properties: { a: { type: 'integer' } },
      'x-kubernetes-validations': [rule as ValidationRule],
      ...more,
    },
  },
})

function check(schema: OpenApiSchema): string[] {
  const errors = new FieldErrors()
  Array.from(validateRuleDefinitions([{ schema, field: 's' }], errors))
  return errors.causes.map(({ field, message }) => `${field ?? ''} ${message}`)
}

const at = 's.properties[p].x-kubernetes-validations[0]'

test.each<[string, object, string[]]>([
  ['one that is right', { rule: 'self.a > 0', message: 'm', fieldPath: '.a', reason: 'FieldValueInvalid' }, []],
  ['one about what was', { rule: 'self.a >= oldSelf.a' }, []],
  ['one that is empty', { rule: ' ' }, [`${at}.rule Required value: rule is not specified`]],
  [
    'one that cannot be read',
    { rule: 'self.a >' },
    [
      `${at}.rule Invalid value: {"rule":"self.a >"}: compilation failed: ERROR: <input>:1:9: Syntax error: mismatched input <EOF> expecting an expression\n | self.a >\n | ........^`,
    ],
  ],
  [
    'a field that is not there',
    { rule: 'self.a > 0 &&\n  self.b > 0', message: 'm' },
    [
      `${at}.rule Invalid value: {"rule":"self.a > 0 &&\\n  self.b > 0","message":"m"}: compilation failed: ERROR: <input>:2:7: undefined field 'b'\n |   self.b > 0\n | ......^`,
    ],
  ],
  ['no bool', { rule: 'self.a' }, [`${at}.rule Invalid value: {"rule":"self.a"}: cel expression must evaluate to a bool`]],
  [
    'a message that is no text',
    { rule: 'true', messageExpression: 'self.a' },
    [`${at}.messageExpression Invalid value: {"rule":"true","messageExpression":"self.a"}: messageExpression must evaluate to a string`],
  ],
  [
    'a message that cannot be read',
    { rule: 'true', messageExpression: "'a' + 1" },
    [
      `${at}.messageExpression Invalid value: {"rule":"true","messageExpression":"'a' + 1"}: messageExpression compilation failed: ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'\n | 'a' + 1\n | ....^`,
    ],
  ],
  ['a message of several lines', { rule: 'true', message: 'a\nb' }, [`${at}.message Invalid value: "a\nb": message must not contain line breaks`]],
  ['a rule of several lines without a message', { rule: 'true\n|| true' }, [`${at}.message Required value: message must be specified if rule contains line breaks`]],
  [
    'a reason that there is not',
    { rule: 'true', reason: 'Bad' },
    [`${at}.reason Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`],
  ],
  ['a path that leads nowhere', { rule: 'true', fieldPath: '.b' }, [`${at}.fieldPath Invalid value: ".b": fieldPath must be a valid path: does not refer to a valid field`]],
  ['a path that is none', { rule: 'true', fieldPath: 'a' }, [`${at}.fieldPath Invalid value: "a": fieldPath must be a valid path: expected [ or . but got: a`]],
  ['an optional old value that is not used', { rule: 'true', optionalOldSelf: true }, [`${at}.optionalOldSelf Invalid value: true: may not be set if oldSelf is not used in rule`]],
])('%s', (_, rule, expected) => expect(check(schemaWith(rule))).toEqual(expected)) // prettier-ignore

test('what was before cannot be asked for where elements are not told apart', () => {
  const items = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] }
  const of = (list: OpenApiSchema): OpenApiSchema => ({
    type: 'object',
    properties: { l: { type: 'array', items, ...list } },
  })
  expect(check(of({}))).toEqual([
    's.properties[l].items.x-kubernetes-validations[0].rule Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]',
  ])
  expect(check(of({ 'x-kubernetes-list-type': 'set' }))).toHaveLength(1)
  const keyed = { type: 'object', properties: { k: { type: 'string' }, v: items } }
  expect(
    check(of({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: keyed })),
  ).toEqual([])
})

test('where nothing is known of the value there is no rule', () => {
  const schema = schemaWith(
    { rule: 'true' },
    { type: undefined, 'x-kubernetes-preserve-unknown-fields': true },
  )
  expect(check(schema)).toEqual([
    `s.properties[p].x-kubernetes-validations[0] Invalid value: {"rule":"true"}: rule declared on schema that does not support validation rules type: '' x-kubernetes-preserve-unknown-fields: 'true'`,
  ])
})

test('a function that only Kubernetes has is no fault, but told', () => {
  const schema = schemaWith({ rule: 'isImage("a") && self.a > 0' })
  expect(check(schema)).toEqual([])
  expect(rulesNotEvaluated(schema, 's')).toEqual([
    {
      field: `${at}.rule`,
      why: 'is stored, but not evaluated: Coxswain does not have the function isImage of CEL',
    },
  ])
  expect(rulesNotEvaluated(schemaWith({ rule: 'self.a > 0' }), 's')).toEqual([])
})

test('more rules than there may be are refused', () => {
  const rules = Array.from({ length: 300 }, (_, index) => ({
    rule: `"".matches("((a|b){0,900})x{${index}}")`,
  }))
  expect(check({ type: 'object', properties: {}, 'x-kubernetes-validations': rules })).toEqual([
    expect.stringMatching(
      /Forbidden: the rules of the definition may have no more than 1000000 characters in all$/,
    ),
  ])
})
