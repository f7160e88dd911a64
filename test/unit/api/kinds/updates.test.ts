import { describe, expect, test } from 'vitest'
import type { Container, Pod } from '../../../../src-main/api/types.ts'
import { check, type Manifest, manifest } from './check.ts'

const stored = (text: string): Manifest => check(manifest(text)).object

const POD = stored(`
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: default }
spec:
  activeDeadlineSeconds: 100
  tolerations: [{ key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 9 }]
  containers: [{ name: c, image: 'i:1', env: [{ name: A, value: a }] }]
`)
const DEPLOYMENT = stored(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, namespace: default }
spec:
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d, tier: front } }
    spec: { containers: [{ name: c, image: i }] }
`)
const SECRET = stored(`{ apiVersion: v1, kind: Secret, metadata: { name: s }, stringData: { a: b } }`)
const FROZEN = stored(
  `{ apiVersion: v1, kind: ConfigMap, metadata: { name: c }, data: { a: b }, immutable: true }`,
)
const SERVICE = stored(
  `{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { clusterIP: 10.0.0.1, ports: [{ port: 80 }] } }`,
)

/** A copy with something changed in it. */
function changed<T = { spec: Record<string, unknown>; [key: string]: unknown }>(
  object: Manifest,
  change: (draft: T) => unknown,
): Manifest {
  const draft = structuredClone(object)
  change(draft as T)
  return draft
}
const changedPod = (object: Manifest, change: (pod: Pod) => unknown) => changed<Pod>(object, change)
const first = (pod: Pod) => pod.spec.containers[0] as Container
const causesOf = (object: Manifest, old: Manifest) =>
  check(object, old).causes.map(({ field, message }) => `${field}: ${message}`)

describe('what a pod may change', () => {
  test.each<[string, (pod: Pod) => unknown]>([
    ['an image', pod => Object.assign(first(pod), { image: 'i:2' })],
    ['a shorter deadline', pod => Object.assign(pod.spec, { activeDeadlineSeconds: 50 })],
    ['one more toleration', pod => pod.spec.tolerations?.push({ operator: 'Exists' })],
    [
      "a toleration's seconds",
      pod => Object.assign(pod.spec.tolerations?.[0] ?? {}, { tolerationSeconds: 1 }),
    ],
    ['being bound to a node', pod => Object.assign(pod.spec, { nodeName: 'web-1' })],
    ['labels', pod => Object.assign(pod.metadata, { labels: { a: 'b' } })],
  ])('%s', (_, change) => {
    expect(causesOf(changedPod(POD, change), POD)).toEqual([])
  })
})

describe('what a pod may not change', () => {
  test('the fields that differ are named', () => {
    const pod = changedPod(POD, draft => {
      Object.assign(draft.spec, { hostNetwork: true })
      Object.assign(first(draft), { env: [{ name: 'A', value: 'b' }], image: 'i:2' })
    })
    expect(causesOf(pod, POD)).toEqual([
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative); changed: spec.containers[0].env[0].value, spec.hostNetwork',
    ])
  })

  test.each<[string, (pod: Pod) => unknown, string]>([
    [
      'the number of containers',
      pod => pod.spec.containers.push({ name: 'd', image: 'i' }),
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'a longer deadline',
      pod => Object.assign(pod.spec, { activeDeadlineSeconds: 200 }),
      'spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value',
    ],
    [
      'no deadline any more',
      pod => delete pod.spec.activeDeadlineSeconds,
      'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
    ],
    [
      'a toleration less',
      pod => pod.spec.tolerations?.shift(),
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
  ])('%s', (_, change, cause) => {
    expect(causesOf(changedPod(POD, change), POD)).toEqual([cause])
  })

  test('the node that it is bound to', () => {
    const bound = changedPod(POD, pod => Object.assign(pod.spec, { nodeName: 'web-1' }))
    const moved = changedPod(POD, pod => Object.assign(pod.spec, { nodeName: 'web-2' }))
    expect(causesOf(moved, bound).join()).toContain('changed: spec.nodeName')
  })
})

describe('a service that turns into another type', () => {
  const balanced = stored(`
apiVersion: v1
kind: Service
metadata: { name: s }
spec:
  type: LoadBalancer
  clusterIP: 10.0.0.1
  loadBalancerClass: a.org/b
  externalTrafficPolicy: Local
  healthCheckNodePort: 31000
  ports: [{ name: a, port: 80, nodePort: 30080 }, { name: b, port: 81, nodePort: 30081 }]
`)
  type Change = Parameters<typeof changed<{ spec: Record<string, unknown> }>>[1]
  const turned = (spec: object, change: Change = () => {}) =>
    changed<{ spec: Record<string, unknown> }>(balanced, draft => {
      Object.assign(draft.spec, spec)
      change(draft)
    })
  const port = (number: number, name: string) => ({ name, port: number, protocol: 'TCP', targetPort: number })
  const common = { sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' }
  const addressed = {
    ...common,
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  }

  test.each<[object, object]>([
    [{ type: 'ClusterIP' }, { ...addressed, type: 'ClusterIP', ports: [port(80, 'a'), port(81, 'b')] }],
    [
      { type: 'NodePort' },
      {
        ...addressed,
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ports: [
          { ...port(80, 'a'), nodePort: 30_080 },
          { ...port(81, 'b'), nodePort: 30_081 },
        ],
      },
    ],
    [
      { type: 'ExternalName', externalName: 'a.org' },
      { ...common, type: 'ExternalName', externalName: 'a.org', ports: [port(80, 'a'), port(81, 'b')] },
    ],
  ])('loses what it no longer needs: %o', (spec, expected) => {
    const { object, causes } = check(turned(spec), balanced)
    expect(causes).toEqual([])
    expect(object.spec).toEqual(expected)
  })

  test('no longer has its health checked once any server may answer', () => {
    const { object, causes } = check(turned({ externalTrafficPolicy: 'Cluster' }), balanced)
    expect(causes).toEqual([])
    expect(object.spec).not.toHaveProperty('healthCheckNodePort')
  })

  test.each<[string, Change, string]>([
    [
      'a node port',
      ({ spec }) => Object.assign((spec.ports as object[])[0] ?? {}, { nodePort: 30_090 }),
      'spec.ports[0].nodePort: ',
    ],
    ['the policy', ({ spec }) => (spec.externalTrafficPolicy = 'Cluster'), 'spec.externalTrafficPolicy: '],
    ['the class', ({ spec }) => (spec.loadBalancerClass = 'a.org/c'), 'spec.loadBalancerClass: '],
    [
      'whether ports are given out',
      ({ spec }) => (spec.allocateLoadBalancerNodePorts = false),
      'spec.allocateLoadBalancerNodePorts: ',
    ],
    [
      'the check of its health',
      ({ spec }) => (spec.healthCheckNodePort = 31_001),
      'spec.healthCheckNodePort: ',
    ],
  ])('is refused when %s changes as well', (_, change, cause) => {
    expect(causesOf(turned({ type: 'ClusterIP' }, change), balanced).join()).toContain(cause)
  })

  test('goes when only the node ports that it had stand in other places', () => {
    const swapped = turned({ type: 'ClusterIP' }, ({ spec }) => {
      spec.ports = [{ name: 'b', port: 81, nodePort: 30_081 }]
    })
    const { object, causes } = check(swapped, balanced)
    expect(causes).toEqual([])
    expect(object.spec).toMatchObject({ ports: [port(81, 'b')] })
    expect(JSON.stringify(object)).not.toContain('nodePort')
  })
})

describe('what stays as it is', () => {
  test.each<
    [string, Manifest, (draft: { spec: Record<string, unknown>; [key: string]: unknown }) => unknown, string]
  >([
    [
      "a deployment's selector",
      DEPLOYMENT,
      draft => Object.assign(draft.spec, { selector: { matchLabels: { tier: 'front' } } }),
      'spec.selector: Invalid value: {"matchLabels":{"tier":"front"}}: field is immutable',
    ],
    [
      "a secret's type",
      SECRET,
      draft => Object.assign(draft, { type: 'other' }),
      'type: Invalid value: "other": field is immutable',
    ],
    [
      "an immutable config map's data",
      FROZEN,
      draft => Object.assign(draft, { data: {} }),
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    [
      'being immutable',
      FROZEN,
      draft => delete draft.immutable,
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ],
    [
      "a service's address",
      SERVICE,
      draft => Object.assign(draft.spec, { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] }),
      'spec.clusterIPs[0]: Invalid value: "10.0.0.2": may not change once set',
    ],
  ])('%s', (_, old, change, cause) => {
    expect(causesOf(changed(old, change), old)).toEqual([cause])
  })

  test('a service keeps its address when the manifest does not name one', () => {
    const replaced = changed(SERVICE, ({ spec }) => {
      delete spec.clusterIP
      delete spec.clusterIPs
    })
    expect(check(replaced, SERVICE).object).toEqual(SERVICE)
  })

  test.each([
    '{ apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: { name: s }, provisioner: a.org/p, parameters: { a: x, b: z } }',
    '{ apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: { name: v }, driverName: a.org, parameters: { a: x, b: z } }',
    '{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: r, namespace: default }, roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: r } }',
  ])('in whatever order it is written: %s', text => {
    const object = stored(text)
    const member = 'roleRef' in object ? 'roleRef' : 'parameters'
    const reordered = changed(object, draft => {
      const entries = Object.entries(draft[member] as Record<string, string>)
      draft[member] = Object.fromEntries(entries.reverse())
    })
    expect(causesOf(reordered, object)).toEqual([])
    const other = changed(object, draft => Object.assign(draft[member] as object, { name: 'other' }))
    expect(causesOf(other, object)).toHaveLength(1)
  })

  test("a namespace's finalizers change only through its subresource", () => {
    const namespace = stored('{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }')
    const cleared = changed(namespace, draft => Object.assign(draft, { spec: {} }))
    expect(check(cleared, namespace).object).toEqual(namespace)
  })
})
