import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommonParts } from '../../../src-main/store/common-parts.ts'
import type { StoredObject } from '../../../src-main/store/object-store.ts'
import { jsonOf } from '../../../src-main/store/object-text.ts'
import { decode as decodeWith, WrittenObject } from '../../../src-main/store/written-object.ts'

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

const common = new CommonParts()
const write = (object: StoredObject, previous?: StoredObject) => new WrittenObject(object, previous, common)
const decode = (text: string, revision: number) => decodeWith(text, revision, common)

describe('an object that is written', () => {
  it('is what its text says, frozen, and is sent as that', () => {
    fc.assert(
      fc.property(anyObject, object => {
        const written = write(object)
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
    const written = write(object)
    expect(written.at(9)).toStrictEqual(decode(written.text, 9))
    expect(written.at(9)).toStrictEqual({
      metadata: { name: 'web', uid: '1', resourceVersion: '9' },
      spec: { list: [null, null], infinite: null },
    })
  })

  it('shares with the version before what both have, and nothing with its writer', () => {
    const first = write({
      metadata: { name: 'web', uid: '1', resourceVersion: '' },
      spec: { replicas: 1 },
    }).at(2)
    const labels = { app: 'web' }
    const second = write({ ...first, metadata: { ...first.metadata, labels } }, first).at(3)
    expect(second.spec).toBe(first.spec)
    expect(second.metadata.labels).toEqual(labels)
    labels.app = 'changed'
    expect(second.metadata.labels).toEqual({ app: 'web' })
  })

  it('shares with other objects what it has in common with them, written or read', () => {
    const pod = (name: string, nodeName: string): StoredObject => ({
      metadata: { name, uid: name, resourceVersion: '' },
      spec: { nodeName, containers: [{ name: 'main', image: 'registry.example/web:1' }] },
    })
    const containersOf = ({ spec }: StoredObject) => (spec as { containers: unknown }).containers
    const first = write(pod('a', 'one'))
    const second = write(pod('b', 'two'), undefined).at(3)
    expect(containersOf(second)).toBe(containersOf(first.at(2)))
    expect(containersOf(decode(first.text, 4))).toBe(containersOf(second))
    expect(second).toStrictEqual({
      ...pod('b', 'two'),
      metadata: { name: 'b', uid: 'b', resourceVersion: '3' },
    })
  })
})

it('what is common is remembered within bounds, the parts used last', () => {
  const parts = new CommonParts()
  const text = (n: number) => JSON.stringify({ number: n, padding: 'x'.repeat(40) })
  const get = (n: number) => parts.get(text(n), () => ({ n }))
  const used = get(0)
  const unused = get(1)
  for (let n = 2; n < 10_000; n++) {
    get(n)
    expect(get(0)).toBe(used)
  }
  expect(get(1)).not.toBe(unused)
  const large = (n: number) => `${n}${'x'.repeat(30_000)}`
  const first = parts.get(large(0), () => ({}))
  for (let n = 1; n < 100; n++) parts.get(large(n), () => ({}))
  expect(parts.get(large(0), () => ({}))).not.toBe(first)
})

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  )
}
