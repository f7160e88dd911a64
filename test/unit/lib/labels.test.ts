import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matcherOf, meets, parseSelector, type Requirement } from '../../../src-main/lib/labels.ts'

describe('the query form of a selector', () => {
  it.each<[string, Requirement[]]>([
    ['', []],
    [' , ', []],
    ['app', [{ key: 'app', operator: 'Exists' }]],
    [' ! app ', [{ key: 'app', operator: 'DoesNotExist' }]],
    ['app=web', [{ key: 'app', operator: 'In', values: ['web'] }]],
    ['app == web', [{ key: 'app', operator: 'In', values: ['web'] }]],
    ['app!=web', [{ key: 'app', operator: 'NotIn', values: ['web'] }]],
    ['app=', [{ key: 'app', operator: 'In', values: [''] }]],
    ['cores>4', [{ key: 'cores', operator: 'Gt', values: ['4'] }]],
    ['cores < 16', [{ key: 'cores', operator: 'Lt', values: ['16'] }]],
    [
      'a in (b, c),d',
      [
        { key: 'a', operator: 'In', values: ['b', 'c'] },
        { key: 'd', operator: 'Exists' },
      ],
    ],
    ['a.b/c notin(d)', [{ key: 'a.b/c', operator: 'NotIn', values: ['d'] }]],
  ])('%j', (text, requirements) => {
    expect(parseSelector(text)).toEqual(requirements)
  })

  it.each(['a b', 'a in b', 'a in (b', 'a in b)', '=a', 'a=b=c', 'a in (b)c', '!a=b', 'a>b', 'a>', '(', ')'])(
    'refuses %j',
    text => {
      expect(() => parseSelector(text)).toThrow('unable to parse label selector')
    },
  )
})

describe('a matcher', () => {
  const word = fc.constantFrom('a', 'b', 'c', '5', '7', 'toString')
  const requirement: fc.Arbitrary<Requirement> = fc.record({
    key: word,
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'),
    values: fc.array(word, { minLength: 1, maxLength: 12 }),
  })

  it('says what the requirements say one by one', () => {
    const labels = fc.option(fc.dictionary(word, word), { nil: undefined })
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 6 }), labels, (requirements, given) => {
        expect(matcherOf(requirements)(given)).toBe(requirements.every(each => meets(given, each)))
      }),
    )
  })
})
