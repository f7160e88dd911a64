import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fieldRows, kindRows, networkFieldRows } from '../../../../src-main/api/kinds/honoured-table.ts'
import { honouredKinds } from '../../../../src-main/api/kinds/honoured-kinds.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { resourceOf } from '../../../../src-main/api/kinds/kind.ts'
import { kindsText } from '../../../../src-main/cli/kinds.ts'

const doc = readFileSync(new URL('../../../../docs/manifests.md', import.meta.url), 'utf8')
const lines = doc
  .split('\n')
  .filter(line => line.startsWith('|'))
  .map(line => line.replace(/ +\|/g, ' |'))

test('every kind has a line in the table of what is honoured, and every line a kind', () => {
  const stored = kinds.filter(kind => !kind.storedAs && !kind.refused).map(resourceOf)
  expect(Object.keys(honouredKinds).sort()).toEqual([...stored].sort())
})

test('what is stored without effect comes with a warning', () => {
  for (const kind of kinds.filter(({ storedAs }) => !storedAs)) {
    if (honouredKinds[resourceOf(kind)]?.honoured !== 'stored') continue
    expect(kind.notHonoured, kind.kind).toBeDefined()
  }
})

test.each(kindRows(kinds))('docs/manifests.md and `cox kinds` say of $kind what is done', row => {
  const { kind, versions, state, what } = row
  expect(lines).toContain(`| ${kind} | ${versions} | ${state} | ${what} |`)
  const printed = kindsText().split('\n')
  expect(
    printed.some(line => line.startsWith(`${kind} `) && line.endsWith(`${state.padEnd(10)}   ${what}`)),
  ).toBe(true)
})

test.each([...fieldRows(), ...networkFieldRows(kinds)])(
  'docs/manifests.md and `cox kinds` say what becomes of $field',
  ({ field, what }) => {
    const [place = '', ...names] = field.split(', ')
    const text = [place, ...names].map(name => `\`${name}\``).join(', ')
    expect(lines).toContain(`| ${text} | ${what} |`)
    expect(kindsText()).toContain(field)
  },
)
