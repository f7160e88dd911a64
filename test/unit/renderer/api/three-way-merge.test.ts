import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { updatePatch, withLastApplied, type Manifest } from '../../../../src-renderer/api/apply.ts'
import { mergeRules } from '../../../../src-renderer/api/merge-rules.ts'
import { editMerge, mergePatch, threeWayMerge } from '../../../../src-renderer/api/three-way-merge.ts'
import { object } from '../object.ts'

const rules = mergeRules('apps/v1', 'Deployment')
const deployment = (podSpec: object, rest: object = {}) => ({
  spec: { template: { spec: podSpec }, ...rest },
})

describe('as kubectl edit merges', () => {
  const containers = (...list: object[]) => deployment({ containers: list })

  test('what was not edited stays as others made it, also where they took it away', () => {
    expect(editMerge({ a: 1, b: 1, c: 1 }, { a: 2, b: 1, c: 1 }, { a: 1, b: 3, d: 1 })).toEqual({
      a: 2,
      b: 3,
      d: 1,
    })
  })

  test('one container is edited: its order, its defaults and other writers’ containers stay', () => {
    const web = { name: 'web', image: '1' }
    const job = { name: 'job', image: '1' }
    const merged = editMerge(
      containers(web, job),
      containers(web, { ...job, image: '2' }),
      containers({ ...web, image: 'theirs' }, { ...job, tty: true }, { name: 'sidecar' }),
      rules,
    )
    expect(merged).toEqual(
      containers({ ...web, image: 'theirs' }, { ...job, image: '2', tty: true }, { name: 'sidecar' }),
    )
  })

  test('a container that somebody took away comes back only when it was edited', () => {
    const base = containers({ name: 'web', image: '1' }, { name: 'job', image: '1' })
    const edited = containers({ name: 'web', image: '2' }, { name: 'job', image: '1' })
    expect(editMerge(base, edited, containers(), rules)).toEqual(containers({ name: 'web', image: '2' }))
  })

  test('without an edit everything stays; with nobody else it becomes what was edited', () => {
    fc.assert(
      fc.property(json, json, (base, live) => {
        expect(editMerge(base, base, live)).toEqual(live)
        expect(editMerge(base, live, base)).toEqual(live)
      }),
    )
  })
})

describe('as kubectl apply merges', () => {
  test('the manifest wins, defaults and other writers’ fields stay', () => {
    const merged = threeWayMerge({ a: 1 }, { a: 2 }, { a: 1, defaulted: true })
    expect(merged).toEqual({ a: 2, defaulted: true })
  })

  test('what the last manifest had and this one has not is taken away', () => {
    expect(threeWayMerge({ a: 1, b: 1 }, { a: 1 }, { a: 1, b: 1, c: 1 })).toEqual({ a: 1, c: 1 })
  })

  test('null in a manifest takes a field away, also one of another writer', () => {
    expect(threeWayMerge({}, { paused: null }, { paused: true, x: 1 })).toEqual({ x: 1 })
  })

  test('containers are told apart by name: a sidecar of another writer stays, a removed one goes', () => {
    const merged = threeWayMerge(
      deployment({ containers: [{ name: 'web', image: '1' }, { name: 'old' }] }),
      deployment({ containers: [{ name: 'web', image: '2' }] }),
      deployment({
        containers: [
          { name: 'sidecar' },
          { name: 'old' },
          { name: 'web', image: '1', imagePullPolicy: 'IfNotPresent' },
        ],
      }),
      rules,
    )
    expect(merged).toEqual(
      deployment({
        containers: [{ name: 'web', image: '2', imagePullPolicy: 'IfNotPresent' }, { name: 'sidecar' }],
      }),
    )
  })

  test('a variable that the manifest no longer names goes', () => {
    const env = (...names: string[]) =>
      deployment({ containers: [{ name: 'web', env: names.map(name => ({ name })) }] })
    expect(threeWayMerge(env('A', 'B'), env('B', 'C'), env('A', 'B', 'Z'), rules)).toEqual(env('B', 'C', 'Z'))
  })

  test('args have no key: the manifest’s list replaces the live one', () => {
    const args = (...list: string[]) => deployment({ containers: [{ name: 'web', args: list }] })
    expect(threeWayMerge(args('a', 'b'), args('b'), args('a', 'b', 'c'), rules)).toEqual(args('b'))
  })

  test('the members of a union do not pile up: Recreate leaves no rollingUpdate', () => {
    const merged = threeWayMerge(
      deployment({}, {}),
      deployment({}, { strategy: { type: 'Recreate' } }),
      deployment({}, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }),
      rules,
    )
    expect(merged).toEqual(deployment({}, { strategy: { type: 'Recreate' } }))
  })

  test('a volume that changes its source has one source', () => {
    const volume = (source: object) => deployment({ volumes: [{ name: 'v', ...source }] })
    const empty = volume({ emptyDir: {} })
    const map = volume({ configMap: { name: 'm' } })
    expect(threeWayMerge(empty, map, empty, rules)).toEqual(map)
  })

  test('a kind of another group has no keys: its lists are replaced', () => {
    const custom = mergeRules('example.com/v1', 'Deployment')
    const list = (...names: string[]) => deployment({ containers: names.map(name => ({ name })) })
    expect(threeWayMerge(list('a'), list('a'), list('a', 'b'), custom)).toEqual(list('a'))
  })
})

const json = fc.object({ maxDepth: 3, values: [fc.integer(), fc.string(), fc.boolean()] })

/** RFC 7386, section 2. */
function patched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const result = new Map(Object.entries(isObject ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name)
    else result.set(name, patched(result.get(name), value))
  }
  return Object.fromEntries(result)
}

describe('laws', () => {
  test('a merge patch turns the one into the other', () => {
    fc.assert(
      fc.property(json, json, (live, wanted) => {
        const patch = mergePatch(live, wanted)
        expect(patch === undefined ? live : patched(live, patch)).toEqual(wanted)
      }),
    )
  })

  test('applying the same manifest again changes nothing', () => {
    fc.assert(
      fc.property(json, json, json, (original, modified, live) => {
        const once = threeWayMerge(original, modified, live)
        expect(threeWayMerge(modified, modified, once)).toEqual(once)
      }),
    )
  })
})

describe('the update that is sent', () => {
  const manifest: Manifest & { data: object } = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
    data: { a: '1' },
  }
  const live = object('ConfigMap', 'settings', {
    ...withLastApplied(manifest),
    metadata: { ...withLastApplied(manifest).metadata, uid: 'u', resourceVersion: '41' },
  })

  test('is none when the object is as the manifest says', () => {
    expect(updatePatch(live, withLastApplied(manifest))).toBeUndefined()
  })

  test('names only what differs, and the version it was computed from', () => {
    const patch = updatePatch(live, withLastApplied({ ...manifest, data: { a: '2' } } as Manifest))
    expect(patch).toMatchObject({ data: { a: '2' }, metadata: { resourceVersion: '41' } })
    expect(Object.keys(patch ?? {}).sort()).toEqual(['data', 'metadata'])
  })

  test('takes over an object that was never applied without taking anything away', () => {
    const bare = object('ConfigMap', 'settings', {
      data: { a: '0', b: '0' },
      metadata: { namespace: 'shop' },
    })
    expect(updatePatch(bare, withLastApplied(manifest))).toMatchObject({ data: { a: '1' } })
  })

  test('survives an annotation that is no JSON', () => {
    const odd = object('ConfigMap', 'settings', {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{' } },
    })
    expect(updatePatch(odd, withLastApplied(manifest))).toMatchObject({ data: { a: '1' } })
  })
})
