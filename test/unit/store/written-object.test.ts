import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredObject } from '../../../src-main/store/object-store.ts'
import { jsonOf } from '../../../src-main/store/object-text.ts'
import { decode, WrittenObject } from '../../../src-main/store/written-object.ts'

const value = fc.jsonValue({ noUnicodeString: false })
const part = fc.dictionary(fc.string(), value, { maxKeys: 4 })
const anyObject = fc
  .record({ labels: fc.dictionary(fc.string(), fc.string()), more: part, spec: part, status: part })
  .map(
    ({ labels, more, ...parts }) =>
      ({
        kind: 'Pod',
        ...parts,
        metadata: { ...more, name: 'web', uid: '1', resourceVersion: '7', labels },
      }) as StoredObject,
  )

describe('an object that is written', () => {
  it('is what its text says, frozen, and is sent as that', () => {
    fc.assert(
      fc.property(anyObject, object => {
        const written = new WrittenObject(object)
        const stored = written.at(9)
        expect(stored).toStrictEqual(decode(written.text, 9))
        expect(jsonOf(stored)).toBe(JSON.stringify(stored))
        expect(written.text).not.toContain('"resourceVersion":"7"')
        expect(isFrozen(stored)).toBe(true)
      }),
    )
  })

  it('keeps nothing of what JSON cannot say', () => {
    const object = {
      metadata: { name: 'web', uid: '1', resourceVersion: '7', labels: undefined },
      spec: { none: undefined, list: [undefined, NaN], infinite: Infinity },
      status: undefined,
    } as unknown as StoredObject
    const written = new WrittenObject(object)
    expect(written.at(9)).toStrictEqual(decode(written.text, 9))
    expect(written.at(9)).toStrictEqual({
      metadata: { name: 'web', uid: '1', resourceVersion: '9' },
      spec: { list: [null, null], infinite: null },
    })
  })

  it('shares with the version before what both have, and nothing with its writer', () => {
    const first = new WrittenObject({
      metadata: { name: 'web', uid: '1', resourceVersion: '' },
      spec: { replicas: 1 },
    }).at(2)
    const labels = { app: 'web' }
    const second = new WrittenObject({ ...first, metadata: { ...first.metadata, labels } }, first).at(3)
    expect(second.spec).toBe(first.spec)
    expect(second.metadata.labels).toEqual(labels)
    labels.app = 'changed'
    expect(second.metadata.labels).toEqual({ app: 'web' })
  })
})

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  )
}
