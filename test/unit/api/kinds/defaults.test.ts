import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DeploymentKind } from '../../../../src-main/api/kinds/deployment.ts'
import { PodKind } from '../../../../src-main/api/kinds/pod.ts'
import { ServiceKind } from '../../../../src-main/api/kinds/service.ts'
import type { Deployment, Pod, Service } from '../../../../src-main/api/types.ts'
import { check, manifest, nothing } from './check.ts'

const created = (text: string) => check(manifest(text)).object

test('a pod gets what Kubernetes gives it', () => {
  const pod = created(`
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  hostNetwork: true
  containers:
    - name: c
      image: nginx
      ports: [{ containerPort: 80 }]
      resources: { limits: { cpu: 1, memory: 1Gi }, requests: { cpu: 500m } }
      livenessProbe: { httpGet: { port: 80 } }
      env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
  volumes:
    - name: none
    - { name: secret, secret: { secretName: s } }
    - { name: path, hostPath: { path: / } }
`)
  expect(pod).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'nginx',
          imagePullPolicy: 'Always',
          ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
          livenessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      volumes: [
        { name: 'none', emptyDir: {} },
        { name: 'secret', secret: { secretName: 's', defaultMode: 420 } },
        { name: 'path', hostPath: { path: '/', type: '' } },
      ],
      hostNetwork: true,
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      serviceAccountName: 'default',
      serviceAccount: 'default',
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 5,
        },
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 5,
        },
      ],
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  })
})

test('a template is not a pod: no requests, host ports, service links, service account or tolerations', () => {
  const { spec } = created(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec:
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec:
      hostNetwork: true
      containers:
        - { name: c, image: 'nginx:1', ports: [{ containerPort: 80 }], resources: { limits: { cpu: 1 } } }
`) as unknown as Deployment
  expect(spec).toEqual({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { labels: { app: 'd' } },
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'c',
            image: 'nginx:1',
            imagePullPolicy: 'IfNotPresent',
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            resources: { limits: { cpu: '1' } },
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
          },
        ],
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      },
    },
  })
})

test('Recreate gets no rolling update', () => {
  const { spec } = created(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec: { strategy: { type: Recreate }, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }
`) as unknown as Deployment
  expect(spec.strategy).toEqual({ type: 'Recreate' })
})

describe('imagePullPolicy', () => {
  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['localhost:5000/app', 'Always'],
    ['localhost:5000/app:1', 'IfNotPresent'],
    ['app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'IfNotPresent'],
    ['app:latest@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'IfNotPresent'],
  ])('%s: %s', (image, policy) => {
    const pod = { spec: { containers: [{ name: 'c', image }] } } as Pod
    PodKind.defaults?.(pod)
    expect(pod.spec.containers[0]?.imagePullPolicy).toBe(policy)
  })
})

describe('tolerations of a new pod', () => {
  test.each([
    ['its own for one taint', [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }], 2],
    ['one for everything', [{ operator: 'Exists' }], 1],
    [
      'one with another effect',
      [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' }],
      3,
    ],
  ])('%s', (_, tolerations, count) => {
    const pod = { spec: { containers: [], tolerations } } as unknown as Pod
    PodKind.prepareForCreate?.(pod, nothing)
    expect(pod.spec.tolerations).toHaveLength(count)
  })
})

describe('services', () => {
  test.each<[string, object, object]>([
    [
      'a plain one',
      { ports: [{ port: 80 }] },
      {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
      },
    ],
    [
      'a node port',
      { type: 'NodePort', ports: [{ port: 80, targetPort: 'http' }], sessionAffinity: 'ClientIP' },
      {
        type: 'NodePort',
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
        internalTrafficPolicy: 'Cluster',
        externalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    ],
    [
      'an external name',
      { type: 'ExternalName', externalName: 'a.b' },
      { type: 'ExternalName', externalName: 'a.b', sessionAffinity: 'None' },
    ],
  ])('%s', (_, spec, expected) => {
    const service = { spec: structuredClone(spec) } as Service
    ServiceKind.defaults?.(service)
    expect(service.spec).toEqual(expected)
  })
})

test('a secret keeps text as base64 in data only', () => {
  const secret = created(`
{ apiVersion: v1, kind: Secret, metadata: { name: s }, data: { a: YQ==, b: Yg== }, stringData: { b: new, c: ü } }
`)
  expect(secret).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    type: 'Opaque',
    data: { a: 'YQ==', b: 'bmV3', c: 'w7w=' },
  })
})

test('a namespace is labelled with its name, active, and kept by a finalizer', () => {
  expect(created('{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }')).toMatchObject({
    metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  })
})

const container = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    image: fc.constantFrom('', 'nginx', 'nginx:1', 'r:5000/a'),
    imagePullPolicy: fc.constantFrom('', 'Never'),
    resources: fc.record(
      { limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', 2)) },
      { requiredKeys: [] },
    ),
    ports: fc.array(
      fc.record({ containerPort: fc.integer({ min: 1, max: 3 }), hostPort: fc.constantFrom(0, 7) }),
    ),
    readinessProbe: fc.record(
      { httpGet: fc.record({ port: fc.constant(80) }), periodSeconds: fc.nat(3) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['name'] },
)
const podSpec = fc.record(
  {
    containers: fc.array(container, { maxLength: 2 }),
    initContainers: fc.array(container, { maxLength: 1 }),
    hostNetwork: fc.boolean(),
    restartPolicy: fc.constantFrom('', 'Never'),
    serviceAccount: fc.constantFrom('', 'x'),
    serviceAccountName: fc.constantFrom('', 'y'),
    volumes: fc.array(fc.constantFrom({ name: 'v' }, { name: 'w', secret: { secretName: 's' } })),
  },
  { requiredKeys: ['containers'] },
)
const strategy = fc.record(
  {
    type: fc.constantFrom('', 'Recreate', 'RollingUpdate'),
    rollingUpdate: fc.record({ maxSurge: fc.constantFrom(0, '10%') }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

describe('defaults applied twice change nothing', () => {
  test('pods', () => {
    fc.assert(
      fc.property(podSpec, spec => {
        const once = structuredClone({ spec }) as unknown as Pod
        PodKind.defaults?.(once)
        const twice = structuredClone(once)
        PodKind.defaults?.(twice)
        expect(twice).toEqual(once)
      }),
    )
  })

  test('deployments', () => {
    fc.assert(
      fc.property(podSpec, strategy, (spec, how) => {
        const once = structuredClone({ spec: { strategy: how, template: { spec } } }) as unknown as Deployment
        DeploymentKind.defaults?.(once)
        const twice = structuredClone(once)
        DeploymentKind.defaults?.(twice)
        expect(twice).toEqual(once)
      }),
    )
  })
})
