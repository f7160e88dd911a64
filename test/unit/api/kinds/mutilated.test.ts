import { expect, test } from 'vitest'
import { allManifests, check, kindOf, type Manifest } from './check.ts'

/** Every copy of a value with one member or element less, or emptied. */
function* mutilations(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const put = (changed: unknown) =>
      Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }
    yield put(null)
    if (typeof member === 'object' && member !== null) yield put(Array.isArray(member) ? [] : {})
    for (const changed of mutilations(member)) yield put(changed)
  }
}

test.each(allManifests())(
  '$file: $object.kind with anything left out is judged, not tripped over',
  ({ object }) => {
    const { object: stored } = check(object)
    for (const { metadata, spec, ...rest } of [object, { ...object, spec: undefined }]) {
      for (const broken of mutilations({ spec, ...rest })) {
        const { apiVersion, kind } = object
        const input = { ...(broken as Manifest), apiVersion, kind, metadata }
        const { causes, object: result } = check(input)
        check(structuredClone(input), stored)
        if (causes.length > 0) continue
        kindOf(object).columns.forEach(column => column.cell(result, 0))
        expect(kindOf(object).notHonoured?.(result) ?? []).toBeInstanceOf(Array)
      }
    }
  },
)
