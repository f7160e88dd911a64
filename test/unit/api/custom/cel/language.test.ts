import { describe, expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'

describe('the language', () => {
  test.each([
    '1 + 2 * 3 == 7', '(1 + 2) * 3 == 9', '7 / 2 == 3', '-7 / 2 == -3', '-7 % 3 == -1', '7.0 / 2.0 == 3.5',
    'dyn(1) == 1.0', 'dyn(1u) == 1', '1 < 1.5', '2u > 1', '-1 < 0u', '0xff == 255', '1e3 == 1000.0',
    '9223372036854775807 > 0', '-9223372036854775808 < 0', '"a" + "b" == "ab"', "'a' < 'b'", '"\\u00e9" == "é"',
    'r"\\d" == "\\\\d"', '"""a"b""" == "a\\"b"', "b'abc' == bytes('abc')", 'b"\\xff" != b"\\xfe"', 'true && !false',
    'false || true', 'true ? 1 == 1 : 1 / 0 == 1', '[1, 2] + [3] == [1, 2, 3]', '2 in [1, 2]', '!(3 in [1, 2])',
    '"a" in {"a": 1}', '{"a": {"b": 2}}.a.b == 2', '{"a": 1}["a"] == 1', '{1: "x"}[1] == "x"', '[1, 2][1] == 2',
    '[[1], []] == [[1], []]', '{"a": 1, "b": 2} == {"b": 2, "a": 1}', '[1, 2] != [2, 1]', 'null == null',
    'type(1) == int', 'type("") == string', 'type([]) == list', 'type({}) == map', 'type(null) == null_type',
    'type(1.0) == double', 'type(1u) == uint', 'type(type(1)) == type', 'type(true) == bool', "type(b'') == bytes",
    'type(duration("1s")) == google.protobuf.Duration', '1 == 1 // what follows is a remark', '.size("a") == 1',
  ])('%s', expression => expect(evaluate(expression)).toBe(true)) // prettier-ignore

  test.each([
    'has({"a": 1}.a)', '!has({"a": 1}.b)', '[1, 2].all(x, x > 0)', '![1, 2].all(x, x > 1)', '[].all(x, x)',
    '[1, 2].exists(x, x == 2)', '![].exists(x, x)', '[1, 2].exists_one(x, x > 1)', '![1, 2].exists_one(x, x > 0)',
    '[1, 2, 3].filter(x, x > 1) == [2, 3]', '[1, 2].map(x, x * 2) == [2, 4]', '[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]',
    '{"a": 1}.all(k, k == "a")', '{"a": 1, "b": 2}.exists(k, k == "b")', '{"a": 1}.map(k, k) == ["a"]',
    '[[1, 2], [3]].all(x, x.all(y, y > 0))', '[1, 2].all(x, [1, 2].exists(x, x == 1) && x < 3)',
    '[5, 6].all(i, v, v == i + 5)', '{"a": 1}.exists(k, v, k == "a" && v == 1)', '[1, 1].existsOne(i, v, i == 0)',
    '[1, 2].transformList(i, v, i + v) == [1, 3]', '[1, 2].transformList(i, v, v > 1, v) == [2]',
    '{"a": 1, "b": 2}.transformMap(k, v, v * 2) == {"a": 2, "b": 4}',
    '{"a": 1, "b": 2}.transformMap(k, v, v > 1, v) == {"b": 2}',
    '{"a": "x"}.transformMapEntry(k, v, {v: k}) == {"x": "a"}',
  ])('%s', expression => expect(evaluate(expression)).toBe(true)) // prettier-ignore

  test.each([
    '!(false && 1 / 0 == 1)', '!(1 / 0 == 1 && false)', 'true || 1 / 0 == 1', '1 / 0 == 1 || true',
    '[0, 1].exists(x, 1 / x == 1)', '![0, 2].all(x, 1 / x == 1)',
  ])('an error is absorbed by what decides without it: %s', expression => expect(evaluate(expression)).toBe(true)) // prettier-ignore

  test.each([
    ['1 / 0', 'error: division by zero'],
    ['1 % 0', 'error: modulus by zero'],
    ['9223372036854775807 + 1', 'error: integer overflow'],
    ['0u - 1u', 'error: unsigned integer overflow'],
    ['{"a": 1}.b', 'error: no such key: b'],
    ['{"a": 1}["b"]', 'error: no such key: b'],
    ['[1][1]', 'error: index out of bounds: 1'],
    ['[1][-1]', 'error: index out of bounds: -1'],
    ['1 / 0 == 1 || false', 'error: division by zero'],
    ['[0, 2].exists(x, 1 / x == 1)', 'error: division by zero'],
    ['[0].map(x, 1 / x)', 'error: division by zero'],
    ['dyn("a") + 1', 'error: no such overload: _+_(string, int)'],
    ['dyn(1).startsWith("a")', 'error: no such overload: startsWith(int, string)'],
    ['dyn(1) && true', 'error: no such overload: _&&_'],
  ])('%s is an %s', (expression, expected) => expect(evaluate(expression)).toBe(expected))

  test.each([
    ['1 +', 'Syntax error: mismatched input <EOF> expecting an expression'],
    ['(1', "Syntax error: mismatched input <EOF> expecting ')'"],
    ['1 2', "Syntax error: mismatched input '2' expecting <EOF>"],
    ['"a', 'Syntax error: token recognition error at: a string that is not closed'],
    ['a = 1', "Syntax error: token recognition error at: '='"],
    ["'\\d'", 'Syntax error: invalid escape sequence: \\d'],
    ['for == 1', 'Syntax error: reserved identifier: for'],
    ['9223372036854775808', 'Syntax error: invalid int literal'],
    ['x == 1', "undeclared reference to 'x' (in container '')"],
    ['foo(1)', "undeclared reference to 'foo' (in container '')"],
    ['"a".foo()', "undeclared reference to 'foo' (in container '')"],
    ['1 == "a"', "found no matching overload for '_==_' applied to '(int, string)'"],
    ['1 + 1.0', "found no matching overload for '_+_' applied to '(int, double)'"],
    ['1 && true', "found no matching overload for '_&&_' applied to '(int, bool)'"],
    ['"a".startsWith(1)', "found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['size(1)', "found no matching overload for 'size' applied to '(int)'"],
    ['[[1]] == [["a"]]', "found no matching overload for '_==_' applied to '(list(list(int)), list(list(string)))'"],
    ['true ? 1 : "a"', "found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
    ['1.a', "type 'int' does not support field selection"],
    ['1.all(x, true)', "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ['[1].all(1, true)', 'argument must be a simple name'],
    ['[1].all(x, x)', "expected type 'bool' but found 'int'"],
    ['has(self)', 'invalid argument to has() macro'],
    ['"a".matches("[")', 'invalid matches argument: error parsing regexp: missing closing ]: `[`'],
    ['duration("1 day") > duration("1s")', 'invalid duration argument: time: invalid duration "1 day"'],
  ])('%s does not compile', (expression, why) => expect(evaluate(expression)).toBe(`does not compile: ${why}`)) // prettier-ignore

  test.each([
    '('.repeat(30_000),
    '!'.repeat(29_000) + 'true',
    '-'.repeat(29_000) + '1 == 1',
    '['.repeat(30_000),
    'self' + '.a'.repeat(14_000),
    '1' + '+1'.repeat(14_000),
    'true ? '.repeat(4000),
    'a'.repeat(30_001),
  ])('what is nested too deep is refused, and breaks nothing', expression => {
    expect(evaluate(expression)).toMatch(/^does not compile/)
  })

  test('a long chain of conditions is no deep one', () => {
    expect(evaluate('true' + ' && true'.repeat(3000))).toBe(true)
  })
})
