import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { kubernetesTags } from '../../../src-main/lib/yaml-tags.ts'
import { kubernetesTags as windowTags } from '../../../src-renderer/api/yaml-tags.ts'

describe('YAML as kubectl reads it', () => {
  it.each([
    ['0644', 420],
    ['-010', -8],
    ['0x1f', 31],
    ['08', 8],
    ['yes', true],
    ['On', true],
    ['n', false],
    ['OFF', false],
    ['true', true],
    ['"yes"', 'yes'],
    ['yEs', 'yEs'],
    ['22:22', '22:22'],
    ['2026-01-01', '2026-01-01'],
    ['1_000', '1_000'],
    ['~', null],
    ['1e3', 1000],
  ])('%s', (text, value) => {
    expect(parse(text, { customTags: kubernetesTags })).toEqual(value)
    expect(parse(text, { customTags: windowTags })).toEqual(value)
  })
})
