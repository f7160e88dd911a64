import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonPathError, parseJsonPath, simplePath } from '../../../../src-main/api/custom/json-path.ts'
import type { Ingress } from '../../../../src-main/api/types.ts'
import { validateSchedule } from '../../../../src-main/api/validation/cron.ts'
import { validateFieldRef } from '../../../../src-main/api/validation/environment.ts'
import { FieldErrors } from '../../../../src-main/api/validation/field-errors.ts'
import { formats } from '../../../../src-main/api/validation/formats.ts'
import { validateIngress } from '../../../../src-main/api/validation/ingress.ts'
import { parseMilli } from '../../../../src-main/lib/quantity.ts'
import { evaluate } from '../custom/cel/evaluate.ts'

/** What a request may bring, made to be looked at for as long as possible. */
const MILLIONS = 3_000_000

const messagesOf = (validate: (errors: FieldErrors) => void) => {
  const errors = new FieldErrors()
  validate(errors)
  return errors.causes.map(({ message }) => message)
}

function isDuration(text: string): boolean {
  const format = formats.duration
  return format?.type === 'string' && format.holds(text)
}

test.each(['0', '1h', '1h30m', '1.5 s', '-1us', '1µs', '2 weeks', '.5h', '1d2h3m4s5ms6us7ns'])(
  '%s is a duration',
  text => expect(isDuration(text)).toBe(true),
)

test.each(['', 's', '1', '1h1', '1h!', 'h1', `${'1s'.repeat(40)}!`, '1s'.repeat(MILLIONS)])(
  'it is no duration: %#',
  text => expect(isDuration(text)).toBe(false),
)

test('a quantity of millions of digits is none', () => {
  expect(parseMilli(`0.${'0'.repeat(MILLIONS)}1`)).toBeUndefined()
  expect(parseMilli('9'.repeat(MILLIONS))).toBeUndefined()
  expect(parseMilli(`0.${'0'.repeat(90)}1`)).toBe(1n)
})

test('a schedule of a megabyte is too long, one with every minute in it is not', () => {
  const every = (count: number, first = 0) => Array.from({ length: count }, (_, n) => n + first).join(',')
  const full = [every(60), every(24), every(31, 1), every(12, 1), every(7)].join(' ')
  expect(messagesOf(errors => validateSchedule(full, 's', errors))).toEqual([])
  expect(messagesOf(errors => validateSchedule(`${'1,'.repeat(500_000)}1 * * * *`, 's', errors))).toEqual([
    'Too long: may not be more than 1000 bytes',
  ])
})

test('a path with very many brackets is judged at once', () => {
  const fieldRef = { fieldPath: `metadata${"['".repeat(500_000)}` }
  const [message] = messagesOf(errors => validateFieldRef(fieldRef, { field: 'f', supported: [] }, errors))
  expect(message).toContain('Unsupported value')
})

test('a path that no client asks for is no path of an Ingress', () => {
  const object = (path: string) => {
    const backend = { service: { name: 'web', port: { number: 80 } } }
    const rules = [{ http: { paths: [{ path, pathType: 'Prefix', backend }] } }]
    return { metadata: { name: 'i' }, spec: { rules } } as unknown as Ingress
  }
  expect(messagesOf(errors => validateIngress(object(`/${'a'.repeat(4095)}`), errors))).toEqual([])
  expect(messagesOf(errors => validateIngress(object(`/${'a'.repeat(4096)}`), errors))).toEqual([
    'Too long: may not be more than 4096 bytes',
  ])
})

test('a long path of a column or of scale is refused', () => {
  const filter = `.a[?(@${' '.repeat(MILLIONS)}`
  expect(() => parseJsonPath(filter)).toThrow(new JsonPathError('may not be more than 1000 characters long'))
  expect(() => simplePath('.a'.repeat(MILLIONS))).toThrow(JsonPathError)
})

test('the number in a long text is read, or found to be none, in one go', () => {
  const schema = { type: 'string' } as const
  const self = `${'1'.repeat(MILLIONS)}x`
  expect(evaluate('double(self)', { schema, self })).toContain('type conversion error')
})

test('of what is wrong the beginning is shown, as JSON has it', () => {
  const shown = (value: unknown) => messagesOf(errors => errors.invalid('f', value, 'no'))[0]
  const whole = (value: unknown) => {
    const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value)
    return `Invalid value: ${text.length > 2048 ? `${text.slice(0, 2048)}…` : text}: no`
  }
  fc.assert(fc.property(fc.jsonValue(), value => shown(value) === whole(value)))
  for (const unit of ['x', '"', '😀', '\ud83d']) {
    for (let length = 2030 / unit.length; length < 2060 / unit.length; length++) {
      const text = unit.repeat(length)
      for (const value of [text, [text], { a: text }, { [text]: 1 }, { a: [1, text], b: 2 }])
        expect(shown(value)).toBe(whole(value))
    }
  }
})

test('no more of a large value is read than is shown', () => {
  let read = 0
  const large = new Proxy(Array<string>(MILLIONS).fill('10.0.0.1'), {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) read++
      return Reflect.get(target, key) as unknown
    },
  })
  expect(messagesOf(errors => errors.invalid('f', large, 'no'))[0]).toHaveLength(2068)
  expect(read).toBeLessThan(2048)
})

test('a cause names a field by the beginning of its path, however long the keys on it are', () => {
  const errors = new FieldErrors()
  for (let n = 0; n < 1_000; n++) errors.required(`spec.${'k'.repeat(MILLIONS)}[${n}].name`)
  expect(JSON.stringify(errors.causes).length).toBeLessThan(MILLIONS)
})
