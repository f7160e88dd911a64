import { expect, test } from 'vitest'
import type { KubeObject } from '../../../../src-main/api/types.ts'
import { ObjectCache, type Changes } from '../../../../src-renderer/data/object-cache.ts'
import { object } from '../object.ts'

const byNode = { node: (pod: KubeObject) => (pod as KubeObject & { node?: string }).node }

test('a list replaces everything, and tells only what differs', () => {
  const cache = new ObjectCache()
  cache.replace([object('Pod', 'a'), object('Pod', 'b')])
  const told: Changes[] = []
  cache.subscribe(changes => told.push(changes))
  const same = cache.get('uid-a')
  cache.replace([object('Pod', 'a'), object('Pod', 'c')])
  expect(cache.get('uid-a')).toBe(same)
  expect(told.map(t => [t.upserted.map(o => o.metadata.name), t.removed.map(o => o.metadata.name)])).toEqual([
    [['c'], ['b']],
  ])
})

test('objects are frozen', () => {
  const cache = new ObjectCache()
  cache.replace([object('Pod', 'a')])
  expect(Object.isFrozen(cache.get('uid-a'))).toBe(true)
})

test('an index follows an object from one group to another, and out', () => {
  const cache = new ObjectCache(byNode)
  cache.replace([object('Pod', 'a', { node: 'n1' }), object('Pod', 'b', { node: 'n1' })])
  cache.apply({ upserted: [object('Pod', 'a', { node: 'n2' })], removed: [] })
  const names = (node: string) => [...cache.group('node', node)].map(pod => pod.metadata.name)
  expect([names('n1'), names('n2')]).toEqual([['b'], ['a']])
  cache.apply({ upserted: [], removed: [object('Pod', 'a')] })
  expect(names('n2')).toEqual([])
})

test('the successor of a deleted object keeps its name', () => {
  const cache = new ObjectCache()
  const old = object('Pod', 'a', { metadata: { uid: 'old', namespace: 'shop' } })
  const next = object('Pod', 'a', { metadata: { uid: 'new', namespace: 'shop' } })
  cache.replace([old])
  cache.apply({ upserted: [next], removed: [] })
  cache.apply({ upserted: [], removed: [old] })
  expect(cache.byName('shop/a')?.metadata.uid).toBe('new')
})

test('the deletion of an object that was never seen tells nothing', () => {
  const cache = new ObjectCache()
  let told = 0
  cache.subscribe(() => told++)
  cache.apply({ upserted: [], removed: [object('Pod', 'a')] })
  expect(told).toBe(0)
})
