import { describe, expect, test } from 'vitest'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { inCanonicalForm } from '../../../../src-main/api/validation/canonical-form.ts'
import { allManifests, check, kindOf } from './check.ts'

const manifests = allManifests()

describe('realistic manifests', () => {
  test('there are enough of them, of every kind', () => {
    expect(manifests.length).toBeGreaterThanOrEqual(80)
    const shown = new Set(manifests.map(({ object }) => kindOf(object)))
    expect(kinds.filter(kind => !kind.refused && !shown.has(kind)).map(({ kind }) => kind)).toEqual([])
  })

  test.each(manifests)('$file: $object.kind is accepted as it is', ({ object }) => {
    const { unknown, causes } = check(object)
    expect(unknown).toEqual([])
    expect(causes).toEqual([])
  })

  test.each(manifests)('$file: defaults of $object.kind applied again change nothing', ({ object }) => {
    const { object: once } = check(object)
    const twice = structuredClone(once)
    kindOf(twice).defaults?.(twice)
    expect(twice).toEqual(once)
  })

  test.each(manifests)('$file: what the user wrote in $object.kind stays as written', ({ object }) => {
    const { object: stored } = check(object)
    const {
      metadata: _,
      status: __,
      stringData: ___,
      ...written
    } = JSON.parse(
      JSON.stringify(object, (_key, value: unknown) => (value === null ? undefined : value)),
    ) as Record<string, unknown>
    if (object.kind === 'Pod') delete (written.spec as Record<string, unknown>).tolerations
    expect(stored).toMatchObject(inCanonicalForm(kindOf(object), written))
  })

  test.each(manifests)('$file: $object.kind may be updated to what it is', ({ object }) => {
    const { object: stored } = check(object)
    expect(check(stored, stored).causes).toEqual([])
    expect(check(stored, stored).object).toEqual(stored)
  })
})
