import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyJsonPatch as jsonPatchInSteps } from '../../../../src-main/api/patch/json-patch.ts'
import { mergePatch } from '../../../../src-main/api/patch/merge-patch.ts'
import { patchTypeOf, patchTypes } from '../../../../src-main/api/patch/merge-keys.ts'
import { strategicMerge } from '../../../../src-main/api/patch/strategic-merge.ts'
import { copyJson } from '../../../../src-main/lib/json.ts'
import { atOnce } from './at-once.ts'
import mergeKeys from './kubernetes-merge-keys.json' with { type: 'json' }

describe('JSON merge patch', () => {
  // The test cases of RFC 7386, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })
})

const applyJsonPatch = (target: unknown, patch: unknown) => atOnce(jsonPatchInSteps(target, patch))

describe('JSON patch', () => {
  it('applies all operations, or none', () => {
    const target = { a: [1, 2], b: 'x' }
    expect(
      applyJsonPatch(target, [
        { op: 'test', path: '/b', value: 'x' },
        { op: 'add', path: '/a/-', value: 3 },
        { op: 'remove', path: '/b' },
      ]),
    ).toEqual({ a: [1, 2, 3] })
    expect(target).toEqual({ a: [1, 2], b: 'x' })
  })

  it('is not changed itself: a write that another came before is tried again with it', () => {
    const patch = [
      { op: 'add', path: '/a', value: [] },
      { op: 'add', path: '/a/-', value: 'x' },
    ]
    expect(applyJsonPatch({}, patch)).toEqual({ a: ['x'] })
    expect(applyJsonPatch({}, patch)).toEqual({ a: ['x'] })
  })

  // What Kubernetes lets through beyond the RFC: the cases of evanphx/json-patch and of the API server's own tests.
  it.each<[object, object]>([
    [{ op: 'test', path: '/none', value: null }, {}],
    [{ op: 'test', path: '/null', value: null }, {}],
    [{ op: 'test', path: '/l/-1', value: 3 }, {}],
    [{ op: 'test', path: '/a~1b/-2/c', value: 'x' }, {}],
    [{ op: 'replace', path: '/none', value: 1 }, { none: 1 }],
    [{ op: 'replace', path: '/null', value: 1 }, { null: 1 }],
    [{ op: 'replace', path: '/l/-1', value: 9 }, { l: [1, 2, 9] }],
    [{ op: 'remove', path: '/l/-3' }, { l: [2, 3] }],
    [{ op: 'add', path: '/l/-1', value: 9 }, { l: [1, 2, 3, 9] }],
    [{ op: 'add', path: '/l/-2', value: 9 }, { l: [1, 2, 9, 3] }],
    [{ op: 'copy', from: '/l/-1', path: '/l/0' }, { l: [3, 1, 2, 3] }],
    [
      { op: 'move', from: '/l/-1', path: '/none' },
      { l: [1, 2], none: 3 },
    ],
  ])('%j changes %j', (operation, change) => {
    const target = { null: null, l: [1, 2, 3], 'a/b': [{ c: 'x' }, {}], '-1': 'member' }
    expect(applyJsonPatch(target, [operation])).toEqual({ ...target, ...change })
  })

  it.each([
    { op: 'test', path: '/l', value: null },
    { op: 'test', path: '/none', value: 1 },
    { op: 'test', path: '/none/x', value: null },
    { op: 'test', path: '/l/3', value: null },
    { op: 'test', path: '/toString/name', value: null },
    { op: 'replace', path: '/l/3', value: 1 },
    { op: 'replace', path: '/none/x', value: 1 },
    { op: 'remove', path: '/none' },
    { op: 'remove', path: '/l/-4' },
    { op: 'add', path: '/l/-5', value: 1 },
    { op: 'replace', path: '/__proto__', value: { polluted: 1 } },
  ])('refuses %j', operation => {
    expect(() => applyJsonPatch({ l: [1, 2, 3] }, [operation])).toThrow(
      expect.objectContaining({ reason: 'Invalid' }),
    )
  })

  it.each<[object[], object]>([
    [[{ op: 'move', from: '/l/0', path: '/l/-1' }], { a: { b: 1 }, l: [2, 3, 1] }],
    [[{ op: 'move', from: '/a', path: '/l/0' }], { l: [{ b: 1 }, 1, 2, 3] }],
    [[{ op: 'move', from: '/a/b', path: '/a' }], { a: 1, l: [1, 2, 3] }],
    [[{ op: 'copy', from: '/l', path: '/a/b' }], { a: { b: [1, 2, 3] }, l: [1, 2, 3] }],
    [[{ op: 'copy', from: '/l/-1', path: '/a' }], { a: 3, l: [1, 2, 3] }],
  ])('moves and copies: %j', (patch, expected) => {
    expect(applyJsonPatch({ a: { b: 1 }, l: [1, 2, 3] }, patch)).toEqual(expected)
  })

  it.each([
    [{ op: 'move', from: '/nowhere', path: '/a' }],
    [{ op: 'move', from: '/a', path: '/a/b' }],
    [{ op: 'move', from: '/a', path: '/nowhere/x' }],
    [{ op: 'move', path: '/a' }],
    [{ op: 'copy', from: '/nowhere', path: '/a' }],
    [{ op: 'copy', from: '/l/3', path: '/a' }],
    [{ op: 'copy', path: '/a' }],
    [{ op: 'add', path: '/a' }],
    [{ op: 'copy', from: '/a', path: '/__proto__/polluted' }],
    [{ op: 'move', from: '/a', path: '/__proto__/polluted' }],
  ])('refuses what it cannot move or copy: %j', operation => {
    expect(() => applyJsonPatch({ a: { b: 1 }, l: [1, 2, 3] }, [operation])).toThrow(
      expect.objectContaining({ reason: 'Invalid' }),
    )
    expect({}).not.toHaveProperty('polluted')
  })

  it.each([
    [{ op: 'add' }, 'BadRequest'],
    [[{ op: 'test', path: '/b', value: 'y' }], 'Invalid'],
    [[{ op: 'remove', path: '/nowhere' }], 'Invalid'],
    [[{ op: 'fly', path: '/b' }], 'Invalid'],
    [[null], 'Invalid'],
    [[{ op: 'add', path: '/__proto__/polluted', value: 1 }], 'Invalid'],
    [Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/b', value: 'x' })), 'RequestEntityTooLarge'],
    [Array.from({ length: 40 }, (_, n) => ({ op: 'copy', from: '', path: `/copy-${n}` })), 'Invalid'],
  ])('refuses %.60j', (patch, reason) => {
    expect(() => applyJsonPatch({ b: 'x' }, patch)).toThrow(expect.objectContaining({ reason }))
    expect({}).not.toHaveProperty('polluted')
  })
})

const pod = (spec: object) => ({ spec })
const named = (...names: string[]) => names.map(name => ({ name }))

describe('strategic merge patch', () => {
  it.each<[string, object, object, object]>([
    [
      'merges containers by name and leaves the others',
      { containers: [{ name: 'a', image: '1' }, { name: 'b', image: '1', args: ['x', 'y'] }] },
      { containers: [{ name: 'b', image: '2', args: ['z'] }] },
      { containers: [{ name: 'a', image: '1' }, { name: 'b', image: '2', args: ['z'] }] },
    ],
    [
      'merges lists inside of merged elements',
      { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }, { name: 'Y', value: '1' }] }] },
      { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }, { name: 'Z', value: '3' }] }] },
      { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }, { name: 'Y', value: '2' }, { name: 'Z', value: '3' }] }] },
    ],
    [
      'puts new elements before those that only the server has, as Kubernetes does',
      { containers: named('a') },
      { containers: named('b') },
      { containers: named('b', 'a') },
    ],
    ['replaces lists without a merge key', { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }, { tolerations: [{ key: 'b' }] }],
    ['null removes a field', { nodeName: 'n', nodeSelector: { a: 'b' } }, { nodeSelector: null }, { nodeName: 'n' }],
    ['$patch: delete removes an element', { containers: named('a', 'b') }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: named('b') }],
    ['$patch: delete of what is not there is no error', { containers: named('b') }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: named('b') }],
    ['$patch: replace replaces the whole list', { containers: named('a', 'b') }, { containers: [{ $patch: 'replace' }, { name: 'c' }] }, { containers: named('c') }],
    ['$patch: replace replaces a map', { securityContext: { runAsUser: 1, fsGroup: 2 } }, { securityContext: { $patch: 'replace', fsGroup: 3 } }, { securityContext: { fsGroup: 3 } }],
    ['$patch: delete empties a map', { securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'delete' } }, { securityContext: {} }],
    [
      '$retainKeys drops the other members of a union',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    ],
    [
      '$setElementOrder decides the order',
      { containers: named('a', 'b', 'c') },
      { '$setElementOrder/containers': named('c', 'b', 'a'), containers: [] },
      { containers: named('c', 'b', 'a') },
    ],
    [
      '$setElementOrder leaves what only the server has next to its neighbours',
      { containers: named('a', 'server', 'b') },
      { '$setElementOrder/containers': named('a', 'new', 'b'), containers: named('new') },
      { containers: named('a', 'new', 'server', 'b') },
    ],
    ['directives in what is new do not stay', {}, { securityContext: { $patch: 'replace', fsGroup: 3 } }, { securityContext: { fsGroup: 3 } }],
    ['directives in a new list do not stay', {}, { containers: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] }, { containers: named('b') }],
    ['$setElementOrder without a list adds none', {}, { '$setElementOrder/containers': named('a') }, {}],
  ])('%s', (_what, target, patch, result) => {
    expect(strategicMerge('Pod', pod(target), pod(patch))).toEqual(pod(result))
  }) // prettier-ignore

  it('merges finalizers as a set, in the order asked for', () => {
    const target = { metadata: { finalizers: ['a', 'b', 'c'] } }
    const patch = {
      metadata: {
        '$deleteFromPrimitiveList/finalizers': ['b'],
        '$setElementOrder/finalizers': ['d', 'c', 'a'],
        finalizers: ['d'],
      },
    }
    expect(strategicMerge('Pod', target, patch)).toEqual({ metadata: { finalizers: ['d', 'c', 'a'] } })
  })

  it('replaces the selector of a PodDisruptionBudget whole', () => {
    const target = { spec: { selector: { matchLabels: { a: '1' } }, minAvailable: 1 } }
    const patch = { spec: { selector: { matchLabels: { b: '2' } } } }
    expect(strategicMerge('PodDisruptionBudget', target, patch)).toEqual({
      spec: { selector: { matchLabels: { b: '2' } }, minAvailable: 1 },
    })
  })

  it.each([
    ['an unknown directive', { $patch: 'explode' }],
    ['an element without its key', { containers: [{ image: 'x' }] }],
    ['a plain value as an element', { containers: ['x'] }],
    ['$retainKeys that forgets a key', { $retainKeys: ['a'], nodeName: 'x' }],
    ['an order that is no list', { '$setElementOrder/containers': 'a' }],
  ])('refuses %s', (_what, patch) => {
    expect(() => strategicMerge('Pod', pod({}), pod(patch))).toThrow(
      expect.objectContaining({ reason: 'BadRequest' }),
    )
  })

  describe('laws', () => {
    const element = fc.record({ name: fc.constantFrom(...'abcdef'), image: fc.constantFrom('1', '2', '3') })
    const containers = fc.uniqueArray(element, { selector: ({ name }) => name })
    type Containers = { name: string; image: string }[]

    /** The patch that kubectl computes between two lists: changes, deletions, and the order. */
    const diff = (from: Containers, to: Containers) => ({
      '$setElementOrder/containers': to.map(({ name }) => ({ name })),
      containers: [
        ...to.filter(item => !from.some(old => old.name === item.name && old.image === item.image)),
        ...from
          .filter(old => !to.some(({ name }) => name === old.name))
          .map(({ name }) => ({ name, $patch: 'delete' })),
      ],
    })

    it('a computed patch leads from one list to the other, changes no input, and twice is once', () => {
      fc.assert(
        fc.property(containers, containers, (from, to) => {
          const target = pod({ containers: from })
          const patch = pod(diff(from, to))
          const before = copyJson({ target, patch })
          const once = strategicMerge('Pod', target, patch)
          expect(once).toEqual(pod({ containers: to }))
          expect(strategicMerge('Pod', once, patch)).toEqual(once)
          expect({ target, patch }).toEqual(before)
        }),
      )
    })

    it('without lists it is a JSON merge patch', () => {
      const value = fc.letrec(tie => ({
        node: fc.oneof({ maxDepth: 4 }, fc.string(), fc.integer(), fc.constant(null), tie('map')),
        map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node')),
      })).map
      fc.assert(
        fc.property(value, value, (target, patch) => {
          expect(strategicMerge('Anything', target, patch)).toEqual(mergePatch(target, patch))
        }),
      )
    })
  })
})

describe('merge keys', () => {
  /** Types of the Go source that have the same fields as one in the table. */
  const sameFields: Record<string, string> = { EphemeralContainer: 'EphemeralContainerCommon' }
  type Fields = Record<string, { mergeKey?: string; strategy?: string }>
  const groups = Object.values(mergeKeys) as Record<string, Fields>[]
  const declared = (type: string) =>
    groups.map(types => types[sameFields[type] ?? type]).find(fields => fields !== undefined)

  it.each(Object.entries(patchTypes))('of %s are those of Kubernetes', (type, fields) => {
    const expected = Object.entries(declared(type) ?? {}).filter(
      ([, field]) => field.mergeKey || field.strategy === 'merge' || field.strategy === 'replace',
    )
    const actual = Object.entries(fields).filter(([, field]) => field.mergeKey || field.strategy)
    expect(
      Object.fromEntries(actual.map(([name, { mergeKey, strategy }]) => [name, mergeKey ?? strategy])),
    ).toEqual(
      Object.fromEntries(expected.map(([name, { mergeKey, strategy }]) => [name, mergeKey ?? strategy])),
    )
  })

  it('lead from every kind to its metadata', () => {
    expect(patchTypeOf('ConfigMap')).toEqual({ metadata: { type: 'ObjectMeta' } })
  })

  it('refer to types that are there', () => {
    const named = Object.values(patchTypes).flatMap(fields => Object.values(fields).map(field => field.type))
    expect(named.filter(type => type !== undefined && !(type in patchTypes))).toEqual([])
  })
})
