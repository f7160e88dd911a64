import { describe, expect, test } from 'vitest'
import type { OpenApiSchema } from '../../../../../src-main/api/custom/open-api-schema.ts'
import { evaluate } from './evaluate.ts'

const holds = (expressions: string[]) =>
  test.each(expressions)('%s', expression => expect(evaluate(expression)).toBe(true))
const fails = (errors: [expression: string, message: string][]) =>
  test.each(errors)('%s fails', (expression, message) =>
    expect(evaluate(expression)).toBe(`error: ${message}`),
  )

// Most are Kubernetes' own examples: https://kubernetes.io/docs/reference/using-api/cel
describe('conversions', () => {
  holds([
    'size("é😀") == 2', 'size([1, 2]) == 2', 'size({"a": 1}) == 1', 'size(b"ab") == 2', '"ab".size() == 2',
    'int("-5") == -5', 'int(3.9) == 3', 'int(-3.9) == -3', 'int(5u) == 5', 'uint("5") == 5u', 'uint(5) == 5u',
    'double("1.5") == 1.5', 'double(2) == 2.0', 'double("-Infinity") < 0.0', 'string(1) == "1"', 'string(1u) == "1"',
    'string(1.5) == "1.5"', 'string(1e30) == "1e+30"', 'string(true) == "true"', 'string(b"ab") == "ab"', 'bool("true")',
    '!bool("f")', 'bytes("é").size() == 2', 'string(duration("90m")) == "5400s"', 'dyn(1) == 1',
    'string(timestamp("2024-02-29T12:00:00.5+01:00")) == "2024-02-29T11:00:00.5Z"', 'int(timestamp("1970-01-01T00:01:00Z")) == 60',
    'timestamp(60) == timestamp("1970-01-01T00:01:00Z")',
  ]) // prettier-ignore
  fails([
    ['int("1.5")', "type conversion error from 'string' to 'int'"],
    ['int(1e30)', 'integer overflow'],
    ['uint(-1)', 'unsigned integer overflow'],
    ['double("x")', "type conversion error from 'string' to 'double'"],
    ['bool("yes")', "type conversion error from 'string' to 'bool'"],
    ['string(b"\\xff")', 'invalid UTF-8 in bytes, cannot convert to string'],
  ])
})

describe('texts', () => {
  holds([
    '"abc".contains("b")', '"abc".startsWith("ab")', '"abc".endsWith("bc")', '"hello".charAt(4) == "o"',
    '"hello".charAt(5) == ""', '"hello mellow".indexOf("") == 0', '"hello mellow".indexOf("ello") == 1',
    '"hello mellow".indexOf("jello") == -1', '"hello mellow".indexOf("", 2) == 2', '"hello mellow".indexOf("ello", 2) == 7',
    '"😀b".indexOf("b") == 1', '"hello mellow".lastIndexOf("ello") == 7', '"hello mellow".lastIndexOf("ello", 6) == 1',
    '"tacocat".substring(4) == "cat"', '"tacocat".substring(0, 4) == "taco"', '"😀bc".substring(1) == "bc"',
    '"hello hello hello".split(" ") == ["hello", "hello", "hello"]', '"hello hello hello".split(" ", 0) == []',
    '"hello hello hello".split(" ", 1) == ["hello hello hello"]', '"hello hello hello".split(" ", 2) == ["hello", "hello hello"]',
    '"hello hello".replace("he", "we") == "wello wello"', '"hello hello".replace("he", "we", 1) == "wello hello"',
    '"ab".replace("", "_") == "_a_b_"', '"hello hello".replace("he", "we", 0) == "hello hello"',
    '["hello", "mellow"].join() == "hellomellow"', '["hello", "mellow"].join(" ") == "hello mellow"', '[].join("/") == ""',
    '"TacoCÆt".lowerAscii() == "tacocÆt"', '"TacoCæt".upperAscii() == "TACOCæT"', '"  \\ttrim\\n    ".trim() == "trim"',
    'strings.quote("a\\"b") == "\\"a\\\\\\"b\\""', '"%s is %d, %.2f, %x, %s%%".format(["a", 1, 1.5, 255, [1, "b"]]) == "a is 1, 1.50, ff, [1, b]%"',
    '"abc".matches("^[a-c]+$")', '!"abcd".matches("^[a-c]+$")', 'matches("abc", "b")', '"abc 123".find("[0-9]+") == "123"',
    '"abc".find("[0-9]+") == ""', '"123 abc 456".findAll("[0-9]+") == ["123", "456"]', '"1 2 3".findAll("[0-9]", 2) == ["1", "2"]',
  ]) // prettier-ignore
  fails([
    ['"tacocat".substring(40)', 'index out of range: 40'],
    ['"tacocat".substring(5, 2)', 'invalid substring range. start: 5, end: 2'],
    ['"a".charAt(2)', 'index out of range: 2'],
    ['"%d".format(["a"])', 'error during formatting: invalid string for %d'],
    ['"%s %s".format(["a"])', 'index 1 out of range'],
    ['"a".matches("[" + "a")', 'error parsing regexp: missing closing ]: `[a`'],
  ])
})

describe('lists and sets', () => {
  holds([
    '[1, 2, 2].isSorted()', '!["b", "a"].isSorted()', '[].isSorted()', '[1, 2, 3].sum() == 6', '[1.5, 2.5].sum() == 4.0',
    '[].sum() == 0', '[duration("1m"), duration("1s")].sum() == duration("1m1s")', '[2, 1, 3].min() == 1',
    '["b", "a"].max() == "b"', '[1, 2, 2].indexOf(2) == 1', '[1, 2, 2].lastIndexOf(2) == 2', '["a"].indexOf("b") == -1',
    'sets.contains([1, 2], [2])', '!sets.contains([1], [1, 2])', 'sets.contains([], [])', 'sets.equivalent([1, 1], [1])',
    '!sets.equivalent([1, 2], [1])', 'sets.intersects([1, 2], [2, 3])', '!sets.intersects([1], [])',
  ]) // prettier-ignore
  fails([['[].min()', 'min called on empty list']])
})

describe('times', () => {
  holds([
    'duration("1h30m") == duration("90m")', 'duration("-1.5h") < duration("0s")', 'duration("90m").getHours() == 1',
    'duration("1h").getMinutes() == 60', 'duration("1m").getSeconds() == 60', 'duration("1m1.5s").getMilliseconds() == 61500',
    'timestamp("2024-01-01T00:00:00Z") + duration("24h") == timestamp("2024-01-02T00:00:00Z")',
    'timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")',
    'timestamp("2024-03-01T01:02:03.004Z").getFullYear() == 2024', 'timestamp("2024-03-01T00:00:00Z").getMonth() == 2',
    'timestamp("2024-03-01T00:00:00Z").getDate() == 1', 'timestamp("2024-03-01T00:00:00Z").getDayOfMonth() == 0',
    'timestamp("2024-03-01T00:00:00Z").getDayOfYear() == 60', 'timestamp("2024-03-01T00:00:00Z").getDayOfWeek() == 5',
    'timestamp("2024-03-01T01:02:03.004Z").getHours() == 1', 'timestamp("2024-03-01T01:02:03.004Z").getMilliseconds() == 4',
    'timestamp("2024-03-01T23:30:00Z").getHours("+01:00") == 0', 'timestamp("2024-07-01T00:00:00Z").getHours("Europe/Berlin") == 2',
  ]) // prettier-ignore
  fails([
    ['duration("1d" + "") == duration("1s")', 'time: invalid duration "1d"'],
    ['timestamp("x" + "") == timestamp(0)', 'parsing time "x" as "2006-01-02T15:04:05Z07:00" failed'],
    [
      'timestamp("2023-02-30T00:00:00Z" + "") == timestamp(0)',
      'parsing time "2023-02-30T00:00:00Z" as "2006-01-02T15:04:05Z07:00" failed',
    ],
    [
      'timestamp("2023-02-01T24:00:00Z" + "") == timestamp(0)',
      'parsing time "2023-02-01T24:00:00Z" as "2006-01-02T15:04:05Z07:00" failed',
    ],
    ['timestamp(0).getHours("Nowhere") == 1', 'unknown time zone Nowhere'],
  ])
})

describe('optional values', () => {
  holds([
    '{"a": 1}.?a.hasValue()', '!{"a": 1}.?b.hasValue()', '{"a": 1}.?b.orValue(2) == 2', '{"a": {"b": 1}}.?a.b.orValue(0) == 1',
    '{"a": {"b": 1}}.?c.b.orValue(0) == 0', '[1][?0].value() == 1', '[1][?1] == optional.none()', '{"a": 1}[?"a"].value() == 1',
    'optional.of(1).or(optional.of(2)).value() == 1', 'optional.none().or(optional.of(2)).value() == 2',
    'optional.of(1).optMap(x, x + 1).value() == 2', '!optional.ofNonZeroValue(0).hasValue()',
    'optional.of({"a": 1}).optFlatMap(m, m.?a).value() == 1', '[?optional.of(1), ?optional.none()] == [1]',
    '{?"a": optional.of(1), ?"b": optional.none()} == {"a": 1}', 'optional.of(1).orValue(1 / 0) == 1', '!has({"a": {}}.?a.b)',
  ]) // prettier-ignore
  fails([['optional.none().value() == 1', 'optional.none() dereference']])
})

describe('Kubernetes’ own', () => {
  holds([
    'isQuantity("1.3G")', 'isQuantity("200M")', '!isQuantity("200K")', '!isQuantity("Three")', 'quantity("200M").isGreaterThan(quantity("10M"))',
    'quantity("50k").add(20) == quantity("50020")', 'quantity("50k").sub(quantity("20k")) == quantity("30k")',
    'quantity("500000G").isInteger()', '!quantity("1.5").isInteger()', 'quantity("50k").asInteger() == 50000',
    'quantity("50m").asApproximateFloat() == 0.05', 'quantity("-1").sign() == -1', 'quantity("1Ki").compareTo(quantity("1k")) == 1',
    'isURL("https://example.com:80/path")', 'isURL("/path")', '!isURL("../relative")', '!isURL("https://a:b:c/")', '!isURL("")',
    'url("https://example.com:80/").getHost() == "example.com:80"', 'url("https://[::1]:80/").getHostname() == "::1"',
    'url("https://example.com/").getPort() == ""', 'url("https://[::1]:80/").getPort() == "80"', 'url("/path").getScheme() == ""',
    'url("https://example.com/path with spaces/").getEscapedPath() == "/path%20with%20spaces/"',
    'url("https://example.com/path?k1=a&k2=b&k2=c").getQuery()["k2"] == ["b", "c"]', 'url("https://x.y/a") == url("https://x.y/a")',
    'isIP("127.0.0.1")', '!isIP("127.0.0.256")', '!isIP("01.2.3.4")', '!isIP("fe80::1%en0")', 'isIP("::1")', '!isIP("::ffff:1.2.3.4")',
    'ip("127.0.0.1").family() == 4', 'ip("::1").isLoopback()', 'ip("169.254.1.1").isLinkLocalUnicast()', 'ip("0.0.0.0").isUnspecified()',
    'ip("224.0.0.1").isLinkLocalMulticast()', 'ip("ff02::1").isLinkLocalMulticast()', 'ip("192.168.0.1").isGlobalUnicast()',
    '!ip("255.255.255.255").isGlobalUnicast()', 'ip.isCanonical("2001:db8::1")', '!ip.isCanonical("2001:DB8::1")',
    'ip("2001:db8::abcd") == ip("2001:DB8::ABCD")', 'string(ip("10.0.0.1")) == "10.0.0.1"', 'isCIDR("10.0.0.0/8")', '!isCIDR("10.0.0.0/33")',
    'cidr("192.168.0.0/24").containsIP("192.168.0.1")', '!cidr("192.168.0.0/24").containsIP(ip("192.168.1.1"))',
    'cidr("192.168.0.0/16").containsCIDR("192.168.10.0/24")', '!cidr("192.168.10.0/24").containsCIDR(cidr("192.168.0.0/16"))',
    'cidr("192.168.1.7/24").masked() == cidr("192.168.1.0/24")', 'cidr("::1/128").prefixLength() == 128', 'cidr("10.0.0.0/8").ip().family() == 4',
    'isSemver("1.0.0-alpha+build")', '!isSemver("v1.0")', 'isSemver("v1.0", true)', 'semver("1.2.3").minor() == 2',
    'semver("1.0.0-alpha").isLessThan(semver("1.0.0"))', 'semver("1.10.0").isGreaterThan(semver("1.9.0"))', 'semver("v1", true) == semver("1.0.0")',
    'semver("1.0.0-alpha.2").compareTo(semver("1.0.0-alpha.10")) == -1', '!format.dns1123Label().validate("my-name").hasValue()',
    'format.dns1123Label().validate("My").value()[0].contains("RFC 1123")', '!format.named("nothing").hasValue()',
    '!format.named("uuid").value().validate("123e4567-e89b-12d3-a456-426614174000").hasValue()', '!format.dns1123LabelPrefix().validate("a-").hasValue()',
    'type(quantity("1")) == kubernetes.Quantity', 'type(ip("::1")) == net.IP',
  ]) // prettier-ignore
  fails([
    [
      'quantity("x" + "").isInteger()',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['quantity("1.5").asInteger() == 1', 'cannot convert value to integer'],
    ['url("x" + "y").getHost() == ""', 'URL parse error during conversion from string: xy'],
    ['ip("x" + "").family() == 4', 'IP Address "x" parse error during conversion from string'],
  ])
})

describe('values of a schema', () => {
  const of = (schema: OpenApiSchema): OpenApiSchema => ({ type: 'object', properties: { p: schema } })
  const list = (type: string, items: OpenApiSchema): OpenApiSchema => ({
    type: 'array',
    items,
    'x-kubernetes-list-type': type,
    ...(type === 'map' ? { 'x-kubernetes-list-map-keys': ['k'] } : {}),
  })
  const entry: OpenApiSchema = {
    type: 'object',
    properties: { k: { type: 'string' }, v: { type: 'integer' } },
  }
  const entries = [{ k: 'a', v: 1 }, { k: 'b', v: 2 }] // prettier-ignore
  test.each<[string, OpenApiSchema, unknown]>([
    ['type(self.p) == int && self.p / 2 == 2', { type: 'integer' }, 5],
    ['type(self.p) == double && self.p / 2.0 == 2.5', { type: 'number' }, 5],
    ['self.p == b"ab"', { type: 'string', format: 'byte' }, 'YWI='],
    ['self.p > duration("1h")', { type: 'string', format: 'duration' }, '90m'],
    ['self.p.getFullYear() == 2024', { type: 'string', format: 'date' }, '2024-01-01'],
    ['self.p < timestamp("2025-01-01T00:00:00Z")', { type: 'string', format: 'date-time' }, '2024-01-01T00:00:00Z'],
    ['type(self.p) == string', { 'x-kubernetes-int-or-string': true }, '5'],
    ['self.p == 5', { 'x-kubernetes-int-or-string': true }, 5],
    ['self.p == null', { type: 'object', nullable: true }, null],
    ['self.p.all(k, self.p[k] > 0) && "a" in self.p', { type: 'object', additionalProperties: { type: 'integer' } }, { a: 1 }],
    ['self.p == ["b", "a"]', list('atomic', { type: 'string' }), ['b', 'a']],
    ['self.p + self.p == self.p && size(self.p + self.p) == 2', list('set', { type: 'string' }), ['b', 'a']],
    ['(self.p + self.p).size() == 2 && self.p.exists(e, e.k == "b" && e.v == 2)', list('map', entry), entries],
    ['self.p[0] != self.p[1] && self.p[0] == self.p[0]', list('map', entry), entries],
    ['has(self.p.a__dot__b) && self.p.__in__ == 1 && self.p.c__dash__d__slash__e == 2 && self.p.x__underscores__y == 3', { type: 'object', properties: { 'a.b': { type: 'integer' }, in: { type: 'integer' }, 'c-d/e': { type: 'integer' }, x__y: { type: 'integer' } } }, { 'a.b': 0, in: 1, 'c-d/e': 2, x__y: 3 }],
    ['self.p.metadata.name == "n" && self.p.kind == "K" && !has(self.p.metadata.generateName)', { type: 'object', 'x-kubernetes-embedded-resource': true }, { kind: 'K', metadata: { name: 'n' } }],
  ])('%s', (expression, schema, p) => expect(evaluate(expression, { schema: of(schema), self: { p } })).toBe(true)) // prettier-ignore

  test.each<[string, OpenApiSchema, string]>([
    ['self.q', { type: 'string' }, "undefined field 'q'"],
    ['self.p.more == 1', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, "undefined field 'more'"],
    ['self.p == 1', { 'x-kubernetes-preserve-unknown-fields': true }, "undefined field 'p'"],
    ['self.p.metadata.labels', { type: 'object', 'x-kubernetes-embedded-resource': true }, "undefined field 'labels'"],
    ['self.p == "a"', { type: 'integer' }, "found no matching overload for '_==_' applied to '(int, string)'"],
    ['self.p.all(x, x == "a")', { type: 'array', items: { type: 'integer' } }, "found no matching overload for '_==_' applied to '(int, string)'"],
    ['self.p + 1', { type: 'string' }, "found no matching overload for '_+_' applied to '(string, int)'"],
  ])('%s does not compile', (expression, schema, why) => expect(evaluate(expression, { schema: of(schema), self: {} })).toBe(`does not compile: ${why}`)) // prettier-ignore

  test('what is missing cannot be read, and can be asked for', () => {
    expect(evaluate('self.p == 1', { schema: of({ type: 'integer' }), self: {} })).toBe(
      'error: no such key: p',
    )
    expect(evaluate('has(self.p)', { schema: of({ type: 'integer' }), self: {} })).toBe(false)
    expect(evaluate('self.?p.orValue(7)', { schema: of({ type: 'integer' }), self: {} })).toBe(7n)
  })
})

describe('work is bounded', () => {
  const numbers = { schema: { type: 'array', items: { type: 'integer' } }, self: Array.from({ length: 50_000 }, (_, i) => i) } // prettier-ignore
  const cancelled = 'error: operation cancelled: actual cost limit exceeded'
  test.each([
    'self.all(x, self.all(y, x + y >= 0))',
    'self.all(x, !self.exists(y, 1 / (y - y) == x) || true)',
    'self.map(x, self.map(y, y)).size() > 0',
    'self.all(x, x in self)',
    'self.all(x, self == self.map(y, y))',
    'self.all(x, self.sum() > 0)',
    'self.all(x, self.isSorted())',
    'self.all(x, "%s".format([self]) != "")',
    'self.all(x, self.map(y, "aaaaaaaaaa").join("") != "")',
    'self.all(x, self.map(y, "a").join("").matches("(a|b)*a(a|b){100}c$") || true)',
    'self.all(x, sets.contains(self, self))',
    'self.all(x, timestamp(x).getHours("Europe/Berlin") >= 0)',
    '["ab"].all(s, self.map(y, s).join(s).split("").size() > 0 && self.all(x, self.map(y, s).join(s).replace("a", "b") != ""))',
  ])('%s', expression => expect(evaluate(expression, numbers)).toBe(cancelled))

  test.each([
    ['self.trim() == self', `a${' '.repeat(1_000_000)}a`],
    ['self.trim() == "a"', `a${' '.repeat(1_000_000)}`],
    ['!isQuantity(self)', '1'.repeat(1_000_000)],
    ['!isSemver(self) && !isURL(self) && !isIP(self) && !isCIDR(self)', '1'.repeat(1_000_000)],
    ['!format.uuid().validate(self).hasValue() || true', '1'.repeat(1_000_000)],
    ['!self.matches("^(1+)+$")', `${'1'.repeat(1_000_000)}x`],
  ])('%s of a long text, which takes minutes when every place is tried', (expression, self) => {
    expect(evaluate(expression, { schema: { type: 'string' }, self, units: 10_000_000 })).toBe(true)
  })

  const fields = (properties: Record<string, OpenApiSchema>, self: object) => ({ schema: { type: 'object', properties }, self: { ...self, l: Array.from({ length: 3_000 }, () => 0) } }) // prettier-ignore
  const ofStrings = { type: 'array', items: { type: 'string' } }
  const l = { type: 'array', items: { type: 'integer' } }
  const long = 'x'.repeat(1_000_000)
  const keys = Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`k${n}`, n]))
  const m = { type: 'object', additionalProperties: { type: 'integer' } }
  test.each<[string, Record<string, OpenApiSchema>, object]>([
    ['self.l.all(x, self.l.all(y, self.m.size() > 0))', { l, m }, { m: keys }],
    ['self.l.all(x, self.l.all(y, self.m != {}))', { l, m }, { m: keys }],
    ['self.l.all(x, self.l.all(y, optional.ofNonZeroValue(self.m).hasValue()))', { l, m }, { m: keys }],
    ['self.l.map(x, self.t).isSorted()', { l, t: { type: 'string' } }, { t: long }],
    ['self.l.map(x, self.t).min() == ""', { l, t: { type: 'string' } }, { t: long }],
    ['"%s".format([self.l.map(x, self.t)]) != ""', { l, t: { type: 'string' } }, { t: long }],
    ['"%s".format([{"a": self.l.map(x, self.t)}]) != ""', { l, t: { type: 'string' } }, { t: long }],
    ['self.l.map(x, self.b).size() > 0', { l, b: { type: 'string', format: 'byte' } }, { b: 'YWJj'.repeat(250_000) }],
    ['self.l.map(x, self.b[0]).size() > 0', { l, b: { type: 'array', items: { type: 'string', format: 'byte' } } }, { b: ['YWJj'.repeat(250_000)] }],
    ['self.l.all(x, self.l.all(y, !sets.contains([], self.t)))', { l, t: ofStrings }, { t: Array(30_000).fill('a') }],
    ['self.l.all(x, self.l.all(y, (self.s + self.s).size() > 0))', { l, s: { ...ofStrings, 'x-kubernetes-list-type': 'set' } }, { s: [long] }],
    ['[url(self.t)].all(u, self.l.all(x, self.l.all(y, u.getEscapedPath() != "")))', { l, t: { type: 'string' } }, { t: `/${'x'.repeat(500_000)}` }],
    ['url(self.t).getQuery().size() > 0', { l, t: { type: 'string' } }, { t: `/?${'a&'.repeat(500_000)}` }],
  ])('%s', (expression, properties, self) => expect(evaluate(expression, fields(properties, self))).toBe(cancelled)) // prettier-ignore

  test('what is once through a large list is not too much', () => {
    expect(evaluate('self.all(x, x >= 0 && x < 50000)', numbers)).toBe(true)
  })
})
