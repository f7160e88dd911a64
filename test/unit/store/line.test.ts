import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLine, parseHead, parseLine } from '../../../src-main/store/nedb/line.ts'

const awkward = fc.constantFrom('a,"v":"b', '\u2028', '\u2029', '\u0085', '\n', '\\', '"', ',"v":"')
const text = fc.oneof(fc.string({ unit: 'binary' }), awkward)
const revision = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

describe('a line of the data file', () => {
  it('is read back as it was written, and holds nothing that any reader takes for a line end', () => {
    fc.assert(
      fc.property(text, text, revision, revision, (key, value, createRevision, modRevision) => {
        const line = { type: 'put', key: `k${key}`, value, createRevision, modRevision } as const
        const written = formatLine(line)
        expect(written).not.toMatch(/[\n\v\f\r\u0085\u2028\u2029]/)
        expect(parseLine(written)).toEqual(line)
        expect(parseHead(written)).toEqual({ ...line, value: '' })
      }),
    )
  })

  it.each([
    'null',
    '5',
    '{}',
    '{"_id":7,"c":1,"m":1,"v":"x"}',
    '{"_id":"a","c":1,"m":1.5,"v":"x"}',
    '{"_id":"a","c":0,"m":1,"v":"x"}',
    '{"_id":"a","c":1,"m":1,"v":{}}',
    '{"_id":"a","c":1,"m":1}',
    '{"_id":"a","c":1,"m":1,"v":"x',
  ])('is not %s', line => {
    expect(parseLine(line)).toBeUndefined()
  })
})
