import { describe, expect, it } from 'vitest'
import type { Taint } from '../../../src-main/api/types.ts'
import { ClusterState } from '../../../src-main/scheduler/cluster-state.ts'
import type { ScorePlugin } from '../../../src-main/scheduler/framework.ts'
import { NodeInfo } from '../../../src-main/scheduler/node-info.ts'
import { podInfo } from '../../../src-main/scheduler/pod-info.ts'
import { balancedAllocation } from '../../../src-main/scheduler/plugins/balanced-allocation.ts'
import { fit } from '../../../src-main/scheduler/plugins/fit.ts'
import { imageLocality } from '../../../src-main/scheduler/plugins/image-locality.ts'
import { leastAllocated } from '../../../src-main/scheduler/plugins/least-allocated.ts'
import { nodeAffinity, preferredAffinity } from '../../../src-main/scheduler/plugins/node-affinity.ts'
import { nodePorts } from '../../../src-main/scheduler/plugins/node-ports.ts'
import { nodeUnschedulable } from '../../../src-main/scheduler/plugins/node-unschedulable.ts'
import { preferredTaints, taintToleration } from '../../../src-main/scheduler/plugins/taint-toleration.ts'
import { podRequests } from '../../../src-main/scheduler/resources.ts'
import { node, type NodeShape, pod, type PodShape } from './objects.ts'

const nodeInfo = (shape: NodeShape, ...pods: PodShape[]) => {
  const info = new NodeInfo(node('a', shape))
  pods.forEach((each, index) => info.add(podInfo(pod(`there-${index}`, { ...each, nodeName: 'a' }))))
  return info
}

const score = (plugin: ScorePlugin, shape: PodShape, on: NodeInfo) => {
  const state = new ClusterState()
  state.setNode(on.node)
  return plugin.prepare(podInfo(pod('p', shape)), state)?.(on)
}

describe('fit', () => {
  it.each([
    ['what is just free fits', { cpu: '1', memory: '2Gi' }, { cpu: '1', memory: '2Gi' }, undefined],
    ['a little too much cpu', { cpu: '1' }, { cpu: '1001m' }, ['Insufficient cpu']],
    [
      'both',
      { cpu: '1', memory: '1Gi' },
      { cpu: '2', memory: '2Gi' },
      ['Insufficient cpu', 'Insufficient memory'],
    ],
    ['nothing asked fits on a full node', { cpu: '0', memory: '0' }, {}, undefined],
  ])('%s', (_, shape, wanted, expected) => {
    expect(fit.filter(podInfo(pod('p', wanted)), nodeInfo(shape))).toEqual(expected)
  })

  it('counts the pods that are there', () => {
    const on = nodeInfo({ cpu: '2', pods: '2' }, { cpu: '1500m' }, {})
    expect(fit.filter(podInfo(pod('p', { cpu: '1' })), on)).toEqual(['Too many pods', 'Insufficient cpu'])
  })

  it('refuses a resource that the node does not have', () => {
    const wants = pod('p', {
      spec: { containers: [{ name: 'x', resources: { requests: { 'nvidia.com/gpu': '1' } } }] },
    })
    expect(fit.filter(podInfo(wants), nodeInfo({}))).toEqual(['Insufficient nvidia.com/gpu'])
  })
})

describe('requests of a pod', () => {
  const container = (cpu: string, restartPolicy?: 'Always') => ({
    name: 'c',
    resources: { requests: { cpu } },
    ...(restartPolicy ? { restartPolicy } : {}),
  })

  it.each([
    ['containers add up', [container('100m'), container('200m')], [], 300],
    ['the largest init container counts', [container('100m'), container('200m')], [container('500m')], 500],
    ['a smaller one does not', [container('100m'), container('200m')], [container('50m')], 300],
    ['a sidecar runs beside', [container('100m')], [container('100m', 'Always'), container('400m')], 500],
    [
      'a sidecar begins when its turn comes',
      [container('100m')],
      [container('400m'), container('100m', 'Always')],
      400,
    ],
  ])('%s', (_, containers, initContainers, expected) => {
    expect(podRequests(pod('p', { spec: { containers, initContainers } })).requests.get('cpu')).toBe(expected)
  })

  it('takes limits where nothing is requested', () => {
    const limited = pod('p', {
      spec: { containers: [{ name: 'c', resources: { limits: { memory: '1Gi' } } }] },
    })
    expect(podRequests(limited).requests.get('memory')).toBe(2 ** 30)
  })
})

describe('taints', () => {
  const taint: Taint = { key: 'disk', value: 'slow', effect: 'NoSchedule' }
  it.each([
    ['no toleration', [], 'node(s) had untolerated taint {disk: slow}'],
    ['equal', [{ key: 'disk', value: 'slow' }], undefined],
    ['other value', [{ key: 'disk', value: 'fast' }], 'node(s) had untolerated taint {disk: slow}'],
    ['exists', [{ key: 'disk', operator: 'Exists' as const }], undefined],
    [
      'exists, other effect',
      [{ key: 'disk', operator: 'Exists' as const, effect: 'NoExecute' as const }],
      'node(s) had untolerated taint {disk: slow}',
    ],
    ['everything', [{ operator: 'Exists' as const }], undefined],
  ])('%s', (_, tolerations, expected) => {
    const info = podInfo(pod('p', { spec: { tolerations } }))
    expect(taintToleration.filter(info, nodeInfo({ taints: [taint] }))).toBe(expected)
  })

  it('says the taint of an unreachable server without value as Kubernetes does', () => {
    const on = nodeInfo({ taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }] })
    expect(taintToleration.filter(podInfo(pod('p')), on)).toBe(
      'node(s) had untolerated taint {node.kubernetes.io/unreachable: }',
    )
  })

  it('counts PreferNoSchedule only against the score', () => {
    const on = nodeInfo({ taints: [{ key: 'old', effect: 'PreferNoSchedule' }] })
    expect(taintToleration.filter(podInfo(pod('p')), on)).toBeUndefined()
    expect(score(preferredTaints, {}, on)).toBe(1)
  })
})

describe('cordon', () => {
  it('keeps pods off, but not one that tolerates it', () => {
    const on = nodeInfo({ unschedulable: true })
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const }]
    expect(nodeUnschedulable.filter(podInfo(pod('p')), on)).toBe('node(s) were unschedulable')
    expect(nodeUnschedulable.filter(podInfo(pod('p', { spec: { tolerations } })), on)).toBeUndefined()
  })
})

describe('node affinity', () => {
  const refusal = "node(s) didn't match Pod's node affinity/selector"
  const required = (...nodeSelectorTerms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  })
  const disk = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: 'disk', operator, values }],
  })

  it.each([
    ['nodeSelector met', { nodeSelector: { disk: 'ssd' } }, undefined],
    ['nodeSelector not met', { nodeSelector: { disk: 'hdd' } }, refusal],
    ['In', required(disk('In', 'ssd', 'nvme')), undefined],
    ['NotIn', required(disk('NotIn', 'ssd')), refusal],
    ['one of two terms', required(disk('In', 'hdd'), disk('Exists')), undefined],
    ['Gt', required({ matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['4'] }] }), undefined],
    [
      'field metadata.name',
      required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }),
      refusal,
    ],
    ['an empty term matches nothing', required({}), refusal],
  ])('%s', (_, spec, expected) => {
    const on = nodeInfo({ labels: { disk: 'ssd', cores: '8' } })
    expect(nodeAffinity.filter(podInfo(pod('p', { spec })), on)).toBe(expected)
  })

  it('adds up the weights of preferred terms', () => {
    const preferred = [
      { weight: 10, preference: disk('In', 'ssd') },
      { weight: 5, preference: disk('In', 'hdd') },
      { weight: 2, preference: disk('Exists') },
    ] as never
    const spec = {
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    }
    expect(score(preferredAffinity, { spec }, nodeInfo({ labels: { disk: 'ssd' } }))).toBe(12)
  })
})

describe('host ports', () => {
  const withPort = (hostPort: number, hostIP?: string, protocol?: 'UDP') => ({
    spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, hostIP, protocol }] }] },
  })
  const refusal = "node(s) didn't have free ports for the requested pod ports"

  it.each([
    ['the same', withPort(80), withPort(80), refusal],
    ['another port', withPort(80), withPort(81), undefined],
    ['another protocol', withPort(80), withPort(80, undefined, 'UDP'), undefined],
    ['another address', withPort(80, '10.0.0.1'), withPort(80, '10.0.0.2'), undefined],
    ['one address of all', withPort(80), withPort(80, '10.0.0.2'), refusal],
  ])('%s', (_, there, wanted, expected) => {
    expect(nodePorts.filter(podInfo(pod('p', wanted)), nodeInfo({}, there))).toBe(expected)
  })

  it('takes container ports of the host network as host ports', () => {
    const spec = { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] }
    expect(nodePorts.filter(podInfo(pod('p', withPort(80))), nodeInfo({}, { spec }))).toBe(refusal)
  })
})

describe('scores', () => {
  it('least allocated: the mean of the free shares', () => {
    const on = nodeInfo({ cpu: '4', memory: '8Gi' }, { cpu: '1', memory: '2Gi' })
    expect(score(leastAllocated, { cpu: '1', memory: '1Gi' }, on)).toBe(56.25)
  })

  it('balanced: full when cpu and memory are used alike', () => {
    expect(score(balancedAllocation, { cpu: '1', memory: '2Gi' }, nodeInfo({}))).toBe(100)
    expect(score(balancedAllocation, { cpu: '4', memory: '1' }, nodeInfo({}))).toBeCloseTo(50)
  })

  it('image locality: grows with what need not be pulled', () => {
    const image = (sizeMiB: number) =>
      nodeInfo({ images: [{ names: ['web:1'], sizeBytes: sizeMiB * 2 ** 20 }] })
    expect(score(imageLocality, {}, nodeInfo({}))).toBeUndefined()
    expect(score(imageLocality, {}, image(23))).toBe(0)
    expect(score(imageLocality, {}, image(1000))).toBe(100)
    expect(score(imageLocality, {}, image(400))).toBeGreaterThan(score(imageLocality, {}, image(200)) ?? 0)
  })
})
