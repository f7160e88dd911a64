import { describe, expect, test } from 'vitest'
import { DeploymentKind } from '../../../../src-main/api/kinds/deployment.ts'
import { kinds } from '../../../../src-main/api/kinds/index.ts'
import { resourceOf } from '../../../../src-main/api/kinds/kind.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { qosClass } from '../../../../src-main/api/kinds/qos.ts'
import type { Deployment, Pod, PodSpec } from '../../../../src-main/api/types.ts'

test('names are unique: resources, and short names within the API', () => {
  const stored = kinds.filter(kind => !kind.storedAs)
  const resources = stored.map(resourceOf)
  expect(new Set(resources).size).toBe(resources.length)
  const short = stored.flatMap(({ shortNames = [] }) => shortNames)
  expect(new Set(short).size).toBe(short.length)
})

describe('the grace of a pod that is deleted', () => {
  const on = 'web-1'
  test.each<[string, { nodeName?: string; own?: number; phase?: string }, number | undefined, number]>([
    ['its own', { nodeName: on, own: 60 }, undefined, 60],
    ['as asked', { nodeName: on, own: 60 }, 5, 5],
    ['none', { nodeName: on, own: 60 }, 0, 0],
    ['never negative', { nodeName: on, own: -1 }, undefined, 1],
    ['not on any server', { own: 60 }, undefined, 0],
    ['done', { nodeName: on, own: 60, phase: 'Succeeded' }, undefined, 0],
    ['failed', { nodeName: on, own: 60, phase: 'Failed' }, 30, 0],
  ])('%s', (_, { nodeName, own, phase }, requested, seconds) => {
    const pod = { spec: { nodeName, terminationGracePeriodSeconds: own }, status: { phase } } as object as Pod
    expect(PodKind.gracePeriodSeconds?.(pod, requested)).toBe(seconds)
  })
})

describe('quality of service', () => {
  const both = { cpu: '1', memory: '1Gi' }
  test.each<[string, object[], string]>([
    ['nothing asked', [{}], 'BestEffort'],
    ['zero asked', [{ requests: { cpu: '0' } }], 'BestEffort'],
    ['limits alone', [{ limits: both }], 'Guaranteed'],
    ['requests as limits', [{ limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }], 'Guaranteed'],
    ['requests below limits', [{ limits: both, requests: { cpu: '500m' } }], 'Burstable'],
    ['only one resource', [{ limits: { cpu: '1' } }], 'Burstable'],
    ['one container without', [{ limits: both }, {}], 'Burstable'],
  ])('%s', (_, resources, expected) => {
    const spec = { containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })) }
    expect(qosClass(spec as PodSpec)).toBe(expected)
  })
})

test('scale maps onto a deployment', () => {
  const deployment = {
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
    status: { replicas: 1 },
  } as object as Deployment
  const { scale } = DeploymentKind
  expect([
    scale?.replicas(deployment),
    scale?.statusReplicas(deployment),
    scale?.selector(deployment),
  ]).toEqual([2, 1, 'app=web'])
  scale?.setReplicas(deployment, 5)
  expect(deployment.spec.replicas).toBe(5)
})

test("a pod's field selectors are Kubernetes'", () => {
  const pod = { spec: { nodeName: 'web-1' }, status: { phase: 'Running' } } as object as Pod
  const values = Object.entries(PodKind.fieldSelectors ?? {}).map(([label, read]) => [label, read(pod)])
  expect(Object.fromEntries(values)).toEqual({
    'spec.nodeName': 'web-1',
    'spec.restartPolicy': '',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': 'Running',
    'status.podIP': '',
    'status.nominatedNodeName': '',
  })
})
