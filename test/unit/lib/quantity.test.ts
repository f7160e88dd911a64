import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalQuantity, parseNano } from '../../../src-main/lib/quantity.ts'

describe('the canonical text of a quantity', () => {
  test.each([
    [1, '1'],
    [0.5, '500m'],
    [12000, '12k'],
    [1e21, '1e21'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-0', '0'],
    ['+1', '1'],
    ['001', '1'],
    ['1.', '1'],
    ['.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1.5', '1500m'],
    ['1.500', '1500m'],
    ['-1.5', '-1500m'],
    ['100m', '100m'],
    ['0.1m', '100u'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1000000k', '1G'],
    ['1000E', '1e21'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['1e4', '10e3'],
    ['1e2', '100'],
    ['1e-1', '100e-3'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['0.5Ki', '512'],
    ['1Ki', '1Ki'],
    ['1025Mi', '1025Mi'],
    ['0.0001Ki', '102400u'],
    ['1.0001Ki', '1024102400u'],
    ['7Ei', '7Ei'],
    ['8Ei', '9223372036854775807'],
    [' 1 ', '1'],
  ])('%j is %j', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  test.each(['', 'x', '1KiB', '1 Gi', '--1', '1e', '.'])('%j is none', text => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })

  test.each([
    ['0.1m', '1m'],
    ['1u', '1m'],
    ['-1u', '-1m'],
    ['1.0001', '1001m'],
    ['100m', '100m'],
    ['1000m', '1'],
  ])('in thousandths, %j is %j', (text, canonical) => {
    expect(canonicalQuantity(text, 3)).toBe(canonical)
  })

  const quantities = fc
    .tuple(
      fc.constantFrom('', '+', '-'),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.constantFrom('', '.', '.0', '.5', '.25', '.125', '.001'),
      fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2', 'e+7'),
    )
    .map(parts => parts.join(''))

  test('is its own, and means the same', () => {
    fc.assert(
      fc.property(quantities, text => {
        const canonical = canonicalQuantity(text)
        expect(canonical).toMatch(/^(0|-?[1-9]\d*([numkMGTPE]|[KMGTPE]i|e-?\d+)?)$/)
        expect(canonicalQuantity(canonical ?? '')).toBe(canonical)
        expect(parseNano(canonical ?? '')).toBe(parseNano(text))
      }),
    )
  })

  test('is the same for all that mean the same in the same units', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), amount => {
        expect(canonicalQuantity(`${amount}000m`)).toBe(canonicalQuantity(amount))
        expect(canonicalQuantity(`${amount * 1024}Mi`)).toBe(canonicalQuantity(`${amount}Gi`))
        expect(canonicalQuantity(`${amount}00e1`)).toBe(canonicalQuantity(`${amount}e3`))
      }),
    )
  })
})
