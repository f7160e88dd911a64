import type { JsonObject } from '../../../../../src-main/lib/json.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeploymentKind } from '../../../../../src-main/api/kinds/deployment.ts'
import type { Kind } from '../../../../../src-main/api/kinds/kind.ts'
import { PodKind } from '../../../../../src-main/api/kinds/pod.ts'
import { compare, fieldsOf } from '../../../../../src-main/api/patch/apply/compare.ts'
import { FieldSet } from '../../../../../src-main/api/patch/apply/field-set.ts'
import {
  afterUpdate,
  applyConfiguration,
  type Owned,
} from '../../../../../src-main/api/patch/apply/ownership.ts'
import { topologyOf } from '../../../../../src-main/api/patch/apply/topology.ts'
import { atOnce } from '../at-once.ts'

const time = '2026-03-01T12:00:00Z'
const later = '2026-03-01T13:00:00Z'
const Deployment = DeploymentKind as unknown as Kind
const Pod = PodKind as unknown as Kind

/** Applies, and stores who owns what. */
function apply(
  config: object,
  {
    live,
    manager = 'a',
    force = false,
    kind = Deployment,
    at = time,
  }: {
    live?: Owned
    manager?: string
    force?: boolean
    kind?: Kind
    at?: string
  } = {},
): Owned & Record<string, unknown> {
  const { object, managedFields } = atOnce(
    applyConfiguration(kind, { live, config, force }, { manager, time: at }),
  )
  const metadata = { ...(object.metadata as object), managedFields }
  return { ...object, metadata }
}

/** Writes as PUT and PATCH do. */
function update(after: object, { live, manager = 'u' }: { live?: Owned; manager?: string } = {}): Owned {
  const managedFields = afterUpdate(Deployment, { before: live, after }, { manager, time })
  return { ...after, metadata: { ...(after as Owned).metadata, managedFields } }
}

const withSpec = (spec: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec,
})
const withContainers = (...containers: object[]) => withSpec({ template: { spec: { containers } } })
const specOf = (object: object) => (object as { spec?: unknown }).spec
const containersOf = (object: object) =>
  (object as { spec: { template: { spec: { containers: object[] } } } }).spec.template.spec.containers
const ownersOf = ({ metadata }: Owned) =>
  Object.fromEntries((metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]))

describe('the fields that a configuration names', () => {
  it('are those of its own, in the form of fieldsV1', () => {
    const config = withSpec({
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'main', args: ['a'], resources: {}, ports: [{ containerPort: 80 }] }],
          nodeSelector: { disk: 'ssd' },
        },
      },
    })
    expect(ownersOf(apply(config)).a).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"main"}': {
                '.': {},
                'f:args': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                'f:resources': {},
              },
            },
            'f:nodeSelector': {},
          },
        },
      },
    })
  })

  it('survive the way through JSON', () => {
    const fields = fieldsOf(
      withContainers({ name: 'main', env: [{ name: 'A', value: '1' }] }),
      topologyOf(Deployment),
    )
    const json = JSON.parse(JSON.stringify(fields.toJson())) as JsonObject
    for (const read of [FieldSet.fromJson, FieldSet.fromStored]) {
      expect(read(json).equals(fields)).toBe(true)
      expect(read(json).toJson()).toEqual(json)
    }
  })
})

describe('lists', () => {
  it('of named elements merge; the order of the configuration counts', () => {
    const live = apply(withContainers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }))
    const object = apply(withContainers({ name: 'c', image: 'c:1' }, { name: 'b', image: 'b:1' }), {
      live,
      manager: 'b',
    })
    expect(containersOf(object).map(container => (container as { name: string }).name)).toEqual([
      'a',
      'c',
      'b',
    ])
  })

  it.each([
    // what the live list has, what is applied, what becomes of it (structured-merge-diff, typed/merge.go)
    ['mine injected', 'new mine', 'new mine injected'],
    ['a x b', 'b a', 'x b a'],
    ['injected mine', 'new mine', 'injected new mine'],
    ['a b', 'c', 'a b c'],
    ['x a y b z', 'a b', 'x a y b z'],
    ['a b c', 'c b a', 'c b a'],
  ])('%s: when somebody applies %s, it becomes %s', (before, applied, after) => {
    const containers = (names: string) =>
      withContainers(...names.split(' ').map(name => ({ name, image: 'web:1' })))
    // another manager's, so that nothing is given up
    const live = apply(containers(before), { manager: 'b' })
    const object = apply(containers(applied), { live })
    expect(containersOf(object).map(container => (container as { name: string }).name)).toEqual(
      after.split(' '),
    )
  })

  it('of plain values that nobody calls a set have one owner', () => {
    const live = apply(withContainers({ name: 'a', args: ['x'] }))
    expect(() => apply(withContainers({ name: 'a', args: ['y'] }), { live, manager: 'b' })).toThrow(
      'conflict with "a": .spec.template.spec.containers[name="a"].args',
    )
  })

  it('that are sets take what each puts in', () => {
    const config = (...finalizers: string[]) => ({ metadata: { name: 'web', finalizers } })
    const both = apply(config('x/b'), { live: apply(config('x/a')), manager: 'b' })
    expect(both.metadata).toMatchObject({ finalizers: ['x/a', 'x/b'] })
    expect(apply({ metadata: { name: 'web' } }, { live: both }).metadata).toMatchObject({
      finalizers: ['x/b'],
    })
  })

  it('of a pod’s addresses are owned as Kubernetes does: hostIPs whole, podIPs each', () => {
    const config = (ip: string) => ({ status: { podIPs: [{ ip }] } })
    const both = apply(config('10.0.0.2'), {
      live: apply(config('10.0.0.1'), { kind: Pod }),
      manager: 'b',
      kind: Pod,
    })
    expect(both.status).toEqual({ podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] })
    const live = apply({ status: { hostIPs: [{ ip: '10.0.0.1' }] } }, { kind: Pod })
    expect(() =>
      apply({ status: { hostIPs: [{ ip: '10.0.0.2' }] } }, { live, manager: 'b', kind: Pod }),
    ).toThrow('conflict with "a": .status.hostIPs')
  })

  it('may not name one element twice', () => {
    const live = apply(withContainers({ name: 'a' }))
    expect(() => apply(withContainers({ name: 'a' }, { name: 'a' }), { live })).toThrow(
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    )
  })
})

describe('conflicts', () => {
  const live = apply(withSpec({ replicas: 2, paused: true, minReadySeconds: 1 }))

  it('are told all at once, with their managers', () => {
    const other = update(
      { ...live, spec: { ...(live.spec as object), revisionHistoryLimit: 3 } },
      { live, manager: 'kubectl-edit' },
    )
    let refusal: unknown
    try {
      apply(withSpec({ replicas: 3, paused: false, revisionHistoryLimit: 4 }), { live: other, manager: 'b' })
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({
      reason: 'Conflict',
      code: 409,
      message:
        'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.paused\n- .spec.replicas\n' +
        'conflicts with "kubectl-edit" using apps/v1 at 2026-03-01T12:00:00Z:\n- .spec.revisionHistoryLimit',
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.paused' },
          { reason: 'FieldManagerConflict', field: '.spec.replicas' },
          { reason: 'FieldManagerConflict', field: '.spec.revisionHistoryLimit' },
        ],
      },
    })
  })

  it('are none when both want the same: then both own it, and one alone does not take it away', () => {
    const shared = apply(withSpec({ replicas: 2 }), { live, manager: 'b' })
    expect(Object.keys(ownersOf(shared))).toEqual(['a', 'b'])
    const left = apply(withSpec({ paused: true }), { live: shared })
    expect(left.spec).toEqual({ replicas: 2, paused: true })
  })

  it('are none between two ways to write one quantity', () => {
    const limits = (cpu: unknown) => withContainers({ name: 'a', resources: { limits: { cpu } } })
    expect(() => apply(limits('1000m'), { live: apply(limits('1')), manager: 'b' })).not.toThrow()
    expect(() => apply(limits('999m'), { live: apply(limits('1')), manager: 'b' })).toThrow('conflict')
  })

  it('give way to force, and the field has a new owner', () => {
    const taken = apply(withSpec({ replicas: 3 }), { live, manager: 'b', force: true })
    expect(taken.spec).toMatchObject({ replicas: 3, paused: true })
    expect(ownersOf(taken)).toEqual({
      a: { 'f:spec': { 'f:minReadySeconds': {}, 'f:paused': {} } },
      b: { 'f:spec': { 'f:replicas': {} } },
    })
  })
})

describe('what an applier gives up', () => {
  it('goes with the defaults inside of it, unless another owns a part', () => {
    const live = apply(withContainers({ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }))
    containersOf(live).forEach(container => Object.assign(container, { imagePullPolicy: 'Always' }))
    const without = apply(withContainers({ name: 'a', image: 'a:1' }), { live })
    expect(containersOf(without)).toEqual([{ name: 'a', image: 'a:1', imagePullPolicy: 'Always' }])
    const shared = apply(withContainers({ name: 'b', tty: true }), { live, manager: 'b' })
    const kept = apply(withContainers({ name: 'a', image: 'a:1' }), { live: shared })
    expect(containersOf(kept)[1]).toMatchObject({ name: 'b', tty: true })
  })

  it('leaves no empty shells', () => {
    const live = apply({ metadata: { name: 'web', labels: { a: 'b' } } })
    expect(apply({ metadata: { name: 'web' } }, { live }).metadata).not.toHaveProperty('labels')
  })
})

describe('other writes', () => {
  it('make their writer the owner of what they change, and of no more', () => {
    const live = apply(withSpec({ replicas: 2, paused: true }))
    const scaled = update({ ...live, spec: { replicas: 5, paused: true } }, { live })
    expect(ownersOf(scaled)).toEqual({
      a: { 'f:spec': { 'f:paused': {} } },
      u: { 'f:spec': { 'f:replicas': {} } },
    })
    expect(() => apply(withSpec({ replicas: 2 }), { live: scaled })).toThrow(
      'conflict with "u" using apps/v1',
    )
  })

  it('that change nothing leave everything as it is', () => {
    const live = apply(withSpec({ replicas: 2 }))
    expect(update(live, { live }).metadata.managedFields).toEqual(live.metadata.managedFields)
  })

  it('take removed fields from everybody', () => {
    const live = apply(withSpec({ replicas: 2, paused: true }))
    expect(ownersOf(update(withSpec({ replicas: 2 }), { live }))).toEqual({
      a: { 'f:spec': { 'f:replicas': {} } },
    })
  })

  it('can hand over or forget who owns what', () => {
    const live = update(withSpec({ replicas: 2 }))
    const given = [{ ...live.metadata.managedFields?.[0], manager: 'kubectl', operation: 'Apply' }]
    const writing = { manager: 'kubectl', time }
    expect(afterUpdate(Deployment, { before: live, after: live, given }, writing)).toMatchObject([
      { manager: 'kubectl', operation: 'Apply' },
    ])
    expect(afterUpdate(Deployment, { before: live, after: live, given: [{}] }, writing)).toEqual([])
    expect(afterUpdate(Deployment, { before: live, after: live, given: [] }, writing)).toEqual(
      live.metadata.managedFields,
    )
  })

  it('by many leave a bounded list', () => {
    let live = update(withSpec({ replicas: 0 }), { manager: 'm0' })
    for (let index = 1; index < 30; index++) {
      const labels = Object.fromEntries(Array.from({ length: index }, (_, key) => [`l${key}`, 'x']))
      live = update(
        { ...withSpec({ replicas: 0 }), metadata: { ...live.metadata, labels } },
        { live, manager: `m${index}` },
      )
    }
    expect(live.metadata.managedFields).toHaveLength(10)
    expect(Object.keys(ownersOf(live))).toContain('ancient-changes')
  })
})

const name = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('1', '2')
const named = (content: Record<string, fc.Arbitrary<unknown>>) =>
  fc.uniqueArray(fc.record({ name, ...content }, { requiredKeys: ['name'] }), {
    selector: element => element.name,
    minLength: 1,
    maxLength: 3,
  })
const configuration = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 2 }),
      paused: fc.boolean(),
      selector: fc.record({ matchLabels: fc.dictionary(name, text) }),
      template: fc.record({
        spec: fc.record({
          containers: named({
            image: text,
            args: fc.array(text, { maxLength: 2 }),
            env: named({ value: text }),
            resources: fc.record({ limits: fc.dictionary(name, text, { minKeys: 1 }) }),
          }),
        }),
      }),
    },
    { requiredKeys: [] },
  )
  .chain(spec =>
    fc.record({
      apiVersion: fc.constant('apps/v1'),
      kind: fc.constant('Deployment'),
      metadata: fc.record(
        { name: fc.constant('web'), labels: fc.dictionary(name, text, { minKeys: 1 }) },
        { requiredKeys: ['name'] },
      ),
      spec: fc.constant(spec),
    }),
  )

describe('laws of server-side apply', () => {
  it('what is applied is there, whatever was before', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, config) => {
        const live = apply(first)
        const object = apply(config, { live, manager: 'b', force: true })
        const { changed } = compare(object, { ...object, ...overlay(object, config) }, topologyOf(Deployment))
        expect(changed.isEmpty).toBe(true)
      }),
    )
  })

  it('applying twice changes nothing, not even a time', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, config) => {
        const live = apply(config, { live: apply(first), manager: 'b', force: true })
        expect(apply(config, { live, manager: 'b', at: later })).toEqual(live)
      }),
    )
  })

  it('no manager loses what it alone applies', () => {
    fc.assert(
      fc.property(configuration, configuration, configuration, (mine, theirs, next) => {
        const shared = attempt(() => apply(theirs, { live: apply(mine), manager: 'b' }))
        const after = shared && attempt(() => apply(next, { live: shared, manager: 'b' }))
        if (!after) return
        // Without force nothing of mine may have changed, whatever the other added and took back.
        const { changed, removed } = compare(apply(mine), after, topologyOf(Deployment))
        const owned = fieldsOf(mine, topologyOf(Deployment))
        const lost = [...owned.paths()].filter(path => has(changed, path) || has(removed, path))
        expect(lost).toEqual([])
      }),
    )
  })

  it('applying nothing after something leaves nothing behind', () => {
    fc.assert(
      fc.property(configuration, configuration, (theirs, mine) => {
        const live = apply(theirs, { manager: 'b' })
        const both = attempt(() => apply(mine, { live }))
        if (!both) return
        const after = apply(
          { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
          { live: both },
        )
        const { changed, removed } = compare(live, after, topologyOf(Deployment))
        expect([...changed.paths(), ...removed.paths()]).toEqual([])
        expect(Object.keys(ownersOf(after)).filter(manager => manager === 'a')).toEqual([])
      }),
    )
  })
})

/** Undefined for a conflict: then nothing was applied. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if ((error as { reason?: string }).reason === 'Conflict') return undefined
    throw error
  }
}

function overlay(object: object, config: object): object {
  const live = { metadata: {}, ...object }
  const { object: merged } = atOnce(
    applyConfiguration(Deployment, { live, config, force: true }, { manager: 'check', time }),
  )
  return { spec: specOf(merged) }
}

function has(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set
  for (const step of path) node = node?.children.get(step)
  return node?.member ?? false
}
