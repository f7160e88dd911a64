import { describe, expect, it } from 'vitest'
import type { Deployment, ReplicaSet } from '../../../src-main/api/types.ts'
import { type Bounds, boundsOf } from '../../../src-main/controllers/deployment/bounds.ts'
import { expiredSets } from '../../../src-main/controllers/deployment/history.ts'
import type { Sets } from '../../../src-main/controllers/deployment/replica-sets.ts'
import { currentReplicas, planRolling } from '../../../src-main/controllers/deployment/rolling.ts'
import { planScaling } from '../../../src-main/controllers/deployment/scaling.ts'
import { sameTemplate, templateHash } from '../../../src-main/controllers/deployment/template-hash.ts'

type Limits = { maxSurge?: number | string; maxUnavailable?: number | string }

function deployment(
  replicas: number,
  rollingUpdate: Limits = { maxSurge: '25%', maxUnavailable: '25%' },
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', uid: 'web', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      replicas,
      selector: {},
      template: {},
      revisionHistoryLimit: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate },
    },
  }
}

interface SetShape {
  available?: number
  observed?: number
  annotations?: Record<string, string>
}

function set(
  name: string,
  replicas: number,
  { available = replicas, observed = 1, annotations }: SetShape = {},
): ReplicaSet {
  const creationTimestamp = `2026-01-01T00:00:0${name.length}Z`
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp, generation: 1, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available, observedGeneration: observed },
  }
}

const plan = (sets: Sets, bounds: Bounds) =>
  Object.fromEntries(planRolling(sets, bounds).map(resize => [resize.set.metadata.name, resize.replicas]))

describe('bounds', () => {
  it.each([
    [10, '25%', '25%', 13, 8],
    [3, '25%', '25%', 4, 3],
    [3, 0, '25%', 3, 2],
    [3, 0, 0, 3, 2],
    [1, '25%', '25%', 2, 1],
    [4, 1, 10, 5, 0],
    [0, '25%', '25%', 0, 0],
    [6, '100%', '50%', 12, 3],
  ])(
    'of %i with surge %s and unavailable %s: at most %i, at least %i',
    (replicas, maxSurge, maxUnavailable, maxTotal, minAvailable) => {
      expect(boundsOf(deployment(replicas, { maxSurge, maxUnavailable }))).toMatchObject({
        maxTotal,
        minAvailable,
      })
    },
  )
})

describe('the next step of a rolling update', () => {
  const bounds = boundsOf(deployment(10))

  it.each([
    [10, 0, 3],
    [8, 3, 5],
    [1, 9, 10],
    [0, 12, 10],
    [13, 0, 0],
  ])('old %i, new %i: the new set gets %i', (old, now, expected) => {
    expect(currentReplicas({ current: set('new', now), old: [set('o', old)] }, bounds)).toBe(expected)
  })

  it.each<[string, ReplicaSet[], ReplicaSet, Record<string, number>]>([
    [
      'old pods go as far as enough stay available',
      [set('o', 10)],
      set('new', 3, { available: 0 }),
      { o: 8 },
    ],
    ['more go as new ones get ready', [set('o', 8)], set('new', 5, { available: 3 }), { o: 5 }],
    ['broken ones go first', [set('o', 10, { available: 6 })], set('new', 3, { available: 0 }), { o: 8 }],
    [
      'broken ones of any set go before healthy ones of the oldest',
      [set('o', 5), set('pp', 5, { available: 2 })],
      set('new', 3, { available: 0 }),
      { pp: 3 },
    ],
    ['the oldest set goes first', [set('o', 4), set('pp', 4)], set('new', 5), { o: 0, pp: 3 }],
    ['nothing goes while nothing may', [set('o', 8)], set('new', 5, { available: 0 }), {}],
    ['nothing happens before the last step was acted on', [set('o', 8, { observed: 0 })], set('new', 3), {}],
    ['the last step', [set('o', 2)], set('new', 10), { o: 0 }],
    ['nothing is left to do', [set('o', 0)], set('new', 10), {}],
  ])('%s', (_, old, current, expected) => {
    expect(plan({ current, old }, bounds)).toEqual(expected)
  })
})

describe('a change of size half-way', () => {
  const sized = (name: string, replicas: number, max: number) =>
    set(name, replicas, { annotations: { 'deployment.kubernetes.io/max-replicas': String(max) } })
  const scaled = (to: number, old: ReplicaSet[], current: ReplicaSet) => {
    const wanted = deployment(to, { maxSurge: 3, maxUnavailable: 2 })
    const resizes = planScaling(wanted, { current, old }, boundsOf(wanted))
    return Object.fromEntries(resizes.map(resize => [resize.set.metadata.name, resize.replicas]))
  }

  it('is shared in proportion', () => {
    expect(scaled(30, [sized('o', 8, 13)], sized('new', 5, 13))).toEqual({ o: 20, new: 13 })
    expect(scaled(5, [sized('o', 8, 13)], sized('new', 5, 13))).toEqual({ o: 5, new: 3 })
  })

  it('gives what rounding leaves over to the largest', () => {
    expect(scaled(10, [sized('o', 3, 8), sized('pp', 3, 8)], sized('new', 2, 8))).toEqual({
      o: 5,
      pp: 5,
      new: 3,
    })
  })

  it('takes everything when nothing is wanted any more', () => {
    expect(scaled(0, [sized('o', 8, 13)], sized('new', 5, 13))).toEqual({ o: 0, new: 0 })
  })

  it('changes the only set that has pods', () => {
    expect(scaled(7, [sized('o', 0, 13)], sized('new', 5, 8))).toEqual({ new: 7 })
  })
})

describe('history', () => {
  const revision = (name: string, number: number, replicas = 0) =>
    set(name, replicas, { annotations: { 'deployment.kubernetes.io/revision': String(number) } })

  it('drops the lowest revisions beyond the limit, but no set with pods', () => {
    const old = [revision('d', 4), revision('b', 2), revision('a', 1, 1), revision('c', 3)]
    expect(expiredSets(deployment(1), old).map(({ metadata }) => metadata.name)).toEqual(['b'])
  })
})

describe('the template hash', () => {
  const template = (image: string, labels = { app: 'web' }) => ({
    metadata: { labels },
    spec: { containers: [{ name: 'c', image }] },
  })

  it('depends on the data alone, not on the order of its keys', () => {
    const { metadata, spec } = template('a')
    expect(templateHash({ spec, metadata })).toBe(templateHash({ metadata, spec }))
    expect(templateHash(template('a'))).not.toBe(templateHash(template('b')))
    expect(templateHash(template('a'), 1)).not.toBe(templateHash(template('a')))
    expect(templateHash(template('a'))).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/)
  })

  it('is not part of what makes templates differ', () => {
    const labelled = template('a', { app: 'web', 'pod-template-hash': 'x' } as { app: string })
    expect(sameTemplate(template('a'), labelled)).toBe(true)
    expect(sameTemplate(template('b'), labelled)).toBe(false)
  })
})
