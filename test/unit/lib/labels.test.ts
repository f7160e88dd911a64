import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasLabels,
  type LabelSelector,
  matcherOf,
  matchesSelector,
  meets,
  parseSelector,
  type Requirement,
} from '../../../src-main/lib/labels.ts'

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

describe('a LabelSelector', () => {
  /** Counts how often it is looked at. */
  function counted(values: string[]) {
    const reads = { count: 0 }
    const selector: LabelSelector = {
      get matchExpressions() {
        reads.count++
        return [{ key: 'app', operator: 'NotIn', values }]
      },
    }
    return { reads, selector }
  }

  it('that is stored is worked out once, however many objects are held against it', () => {
    const { reads, selector } = counted(Array.from({ length: 30_000 }, (_, n) => `v${n}`))
    Object.freeze(selector)
    for (let n = 0; n < 30_000; n++) matchesSelector(selector, { app: `v${n + 29_000}` })
    expect(reads.count).toBe(1)
    expect(matchesSelector(selector, { app: 'v29999' })).toBe(false)
    expect(matchesSelector(selector, { app: 'v30000' })).toBe(true)
  })

  it('that is a draft is looked at as it is now', () => {
    const selector = { matchLabels: { app: 'web' } }
    expect(matchesSelector(selector, { app: 'web' })).toBe(true)
    selector.matchLabels.app = 'api'
    expect(matchesSelector(selector, { app: 'web' })).toBe(false)
  })

  it('matches nothing when it is absent, and everything when it is empty', () => {
    expect(matchesSelector(undefined, {})).toBe(false)
    expect(matchesSelector({}, undefined)).toBe(true)
    expect(hasLabels({ a: '1', b: '2' }, { b: '2' })).toBe(true)
    expect(hasLabels({ a: '1' }, { a: '1', b: '2' })).toBe(false)
  })
})
