import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClusterState } from '../../../src-main/scheduler/cluster-state.ts'
import { decide, enoughNodes } from '../../../src-main/scheduler/framework.ts'
import { podInfo } from '../../../src-main/scheduler/pod-info.ts'
import { defaultPlugins } from '../../../src-main/scheduler/plugins/index.ts'
import { node, pod, type PodShape } from './objects.ts'

/** A repeatable source of chance (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Places the pods one after the other. @returns the node of each, or why it has none */
function placeAll(state: ClusterState, pods: readonly PodShape[], random = seeded(1)): string[] {
  return pods.map((shape, index) => {
    const info = podInfo(pod(`p${index}`, shape))
    const { decision } = decide(info, state, { plugins: defaultPlugins, offset: index, random })
    if (!decision.node) return decision.message
    state.place(info, decision.node.name)
    return decision.node.name
  })
}

function stateOf(...nodes: Parameters<typeof node>[]): ClusterState {
  const state = new ClusterState()
  for (const args of nodes) state.setNode(node(...args))
  return state
}

const countsOf = (names: string[]) =>
  [...new Set(names)].map(name => names.filter(other => other === name).length)

describe('decide', () => {
  it('gives 6 replicas to 3 equal nodes 2 each, whatever chance says', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(undefined, '100m', '500m'), (seed, cpu) => {
        const state = stateOf(['a'], ['b'], ['c'])
        const names = placeAll(state, Array(6).fill({ owner: 'web', cpu }) as PodShape[], seeded(seed))
        expect(countsOf(names)).toEqual([2, 2, 2])
      }),
    )
  })

  it('counts what each node lacks, most frequent first', () => {
    const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' as const }
    const state = stateOf(
      ['a', { memory: '1Gi' }],
      ['b', { memory: '1Gi' }],
      ['c', { taints: [unreachable] }],
    )
    expect(placeAll(state, [{ memory: '2Gi' }])).toEqual([
      '0/3 nodes are available: 2 Insufficient memory, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.',
    ])
  })

  it('says when there is no node at all', () => {
    expect(placeAll(stateOf(), [{}])).toEqual(['no nodes available to schedule pods'])
  })

  it('prefers the node that has more left', () => {
    const state = stateOf(['busy'], ['free'])
    state.place(podInfo(pod('x', { cpu: '3', memory: '6Gi' })), 'busy')
    expect(placeAll(state, [{ cpu: '500m', memory: '512Mi' }])).toEqual(['free'])
  })

  it('prefers the node that has the image', () => {
    const images = [{ names: ['web:1'], sizeBytes: 900 * 2 ** 20 }]
    expect(placeAll(stateOf(['a'], ['b', { images }], ['c']), [{}])).toEqual(['b'])
  })

  it('looks at a share of many nodes only', () => {
    expect([3, 99, 100, 1000, 5000, 10_000].map(enoughNodes)).toEqual([3, 99, 100, 420, 500, 500])
  })
})

describe('the state of the cluster', () => {
  it('counts pods that were there before their node was known, also when the node comes again', () => {
    const state = new ClusterState()
    const there = pod('there', { cpu: '3', nodeName: 'a' })
    state.setPod(there)
    state.setNode(node('a'))
    expect(placeAll(state, [{ cpu: '2' }])).toEqual(['0/1 nodes are available: 1 Insufficient cpu.'])
    state.removeNode('a')
    state.setNode(node('a'))
    expect(placeAll(state, [{ cpu: '2' }])).toEqual(['0/1 nodes are available: 1 Insufficient cpu.'])
    expect(state.removePod(there.metadata.uid)).toBe(true)
    expect(placeAll(state, [{ cpu: '2' }])).toEqual(['a'])
  })

  it('gives back what a pod held that has ended', () => {
    const state = stateOf(['a'])
    const there = pod('there', { cpu: '3', nodeName: 'a' })
    state.setPod(there)
    expect(state.setPod({ ...there, status: { phase: 'Succeeded' } })).toBe(true)
    expect(placeAll(state, [{ cpu: '4' }])).toEqual(['a'])
  })
})

const shapes = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 3000 }).map(milli => `${milli}m`),
    memory: fc.integer({ min: 0, max: 4000 }).map(mebi => `${mebi}Mi`),
    owner: fc.constantFrom(undefined, 'web', 'db'),
  }),
  { maxLength: 60 },
)
const nodeShapes = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 8 }).map(String),
    memory: fc.integer({ min: 0, max: 16 }).map(gibi => `${gibi}Gi`),
    pods: fc.integer({ min: 0, max: 12 }).map(String),
  }),
  { maxLength: 8 },
)

describe('laws', () => {
  it('never overcommits a node, and refuses only what fits nowhere', () => {
    fc.assert(
      fc.property(nodeShapes, shapes, fc.integer(), (nodes, pods, seed) => {
        const state = stateOf(...nodes.map((shape, index): Parameters<typeof node> => [`n${index}`, shape]))
        const names = placeAll(state, pods, seeded(seed))
        for (const { allocatable, pods: there, requested } of state.nodes) {
          expect(there.size).toBeLessThanOrEqual(allocatable.get('pods') ?? 0)
          for (const name of ['cpu', 'memory']) {
            const sum = [...there.values()].reduce(
              (total, { requests }) => total + (requests.get(name) ?? 0),
              0,
            )
            expect(requested.get(name) ?? 0).toBe(sum)
            expect(sum).toBeLessThanOrEqual(allocatable.get(name) ?? 0)
          }
        }
        // What was refused last fits nowhere now either: nothing has been freed since.
        const refused = pods[names.findLastIndex(name => !/^n\d+$/.test(name))]
        if (refused) expect(placeAll(state, [refused])[0]).toMatch(/^(0\/|no nodes)/)
      }),
    )
  })

  it('decides the same again given the same chance', () => {
    fc.assert(
      fc.property(nodeShapes, shapes, fc.integer(), (nodes, pods, seed) => {
        const run = () =>
          placeAll(
            stateOf(...nodes.map((shape, index): Parameters<typeof node> => [`n${index}`, shape])),
            pods,
            seeded(seed),
          )
        expect(run()).toEqual(run())
      }),
    )
  })

  it('has nothing left over when every pod is gone', () => {
    fc.assert(
      fc.property(shapes, pods => {
        const state = stateOf(['a', { cpu: '1000', memory: '1000Gi' }])
        const placed = pods.map((shape, index) => podInfo(pod(`p${index}`, shape)))
        for (const info of placed) state.place(info, 'a')
        for (const info of placed) state.removePod(info.pod.metadata.uid)
        const [only] = state.nodes
        expect([...(only?.requested.values() ?? [])].every(amount => amount === 0)).toBe(true)
        expect(only?.estimated).toEqual({ cpu: 0, memory: 0 })
        expect(only?.podsOf('web')).toBe(0)
      }),
    )
  })
})
