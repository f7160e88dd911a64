import { expect, test } from 'vitest'
import { kindOf, manifest } from '../check.ts'

const NOW = Date.parse('2026-01-01T00:05:00Z')

/** The line that kubectl prints, wide columns behind the bar. */
function row(text: string): string {
  const object = manifest(text)
  object.metadata.creationTimestamp = '2026-01-01T00:00:00Z'
  const { columns } = kindOf(object)
  const cells = (priority: number) =>
    columns.filter(column => (column.priority ?? 0) === priority).map(column => column.cell(object, NOW))
  return [cells(0).join(' '), cells(1).join(' ')].filter(Boolean).join(' | ')
}

test.each([
  [
    '{ apiVersion: v1, kind: Namespace, metadata: { name: shop }, status: { phase: Active } }',
    'shop Active 5m',
  ],
  [
    '{ apiVersion: v1, kind: ConfigMap, metadata: { name: c }, data: { a: b }, binaryData: { c: YQ== } }',
    'c 2 5m',
  ],
  [
    '{ apiVersion: v1, kind: Secret, metadata: { name: s }, type: Opaque, data: { a: YQ== } }',
    's Opaque 1 5m',
  ],
  [
    `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: tier, operator: In, values: [b, a] }, { key: old, operator: DoesNotExist }] }
  template: { spec: { containers: [{ name: c, image: 'i:1' }, { name: d, image: j }] } }
status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 }`,
    'web 2/3 1 2 5m | c,d i:1,j a=1,b=2,!old,tier in (a,b)',
  ],
  [
    `
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web-1 }
spec: { replicas: 3, selector: { matchLabels: { app: web } }, template: { spec: { containers: [{ name: c, image: i }] } } }
status: { replicas: 2, readyReplicas: 1 }`,
    'web-1 3 2 1 5m | c i app=web',
  ],
  [
    `
apiVersion: v1
kind: Node
metadata: { name: web-1, labels: { node-role.kubernetes.io/worker: '', kubernetes.io/role: edge } }
spec: { unschedulable: true }
status:
  conditions: [{ type: Ready, status: 'True' }]
  addresses: [{ type: InternalIP, address: 10.0.0.1 }]
  nodeInfo: { kubeletVersion: v1, osImage: Debian, kernelVersion: '6.1', containerRuntimeVersion: docker://20 }`,
    'web-1 Ready,SchedulingDisabled edge,worker 5m v1 | 10.0.0.1 <none> Debian 6.1 docker://20',
  ],
  [
    '{ apiVersion: v1, kind: Node, metadata: { name: n1 }, spec: {} }',
    'n1 Unknown <none> 5m  | <none> <none> <unknown> <unknown> <unknown>',
  ],
  [
    '{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { type: NodePort, clusterIP: 10.0.0.9, ports: [{ port: 80, nodePort: 30080, protocol: TCP }, { port: 53, protocol: UDP }], selector: { app: web } } }',
    's NodePort 10.0.0.9 <none> 80:30080/TCP,53/UDP 5m | app=web',
  ],
  [
    '{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { type: LoadBalancer, ports: [] } }',
    's LoadBalancer <none> <pending> <none> 5m | <none>',
  ],
  [
    '{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { type: ExternalName, externalName: a.b } }',
    's ExternalName <none> a.b <none> 5m | <none>',
  ],
  [
    `
apiVersion: v1
kind: Event
metadata: { name: event }
involvedObject: { kind: Pod, name: web, fieldPath: 'spec.containers{c}' }
type: Warning
reason: BackOff
message: ' Back-off '
count: 3
firstTimestamp: '2026-01-01T00:01:00Z'
lastTimestamp: '2026-01-01T00:04:30Z'
source: { component: kubelet, host: web-1 }`,
    '30s Warning BackOff pod/web Back-off | spec.containers{c} kubelet, web-1 4m 3 event',
  ],
  [
    `
apiVersion: coxswain.io/v1alpha1
kind: Server
metadata: { name: web-1 }
spec: { ssh: { host: 203.0.113.7, port: 2222, user: deploy } }
status:
  ssh: { hostKey: 'SHA256:x' }
  engine: { version: 20.10.24 }
  conditions: [{ type: Connected, status: 'True', reason: Connected }, { type: DockerReady, status: 'False', reason: SocketForbidden }]`,
    'web-1 203.0.113.7:2222 SocketForbidden 20.10.24 5m | deploy SHA256:x',
  ],
  [
    '{ apiVersion: coxswain.io/v1alpha1, kind: Server, metadata: { name: me }, spec: { local: true } }',
    'me <local> Pending <unknown> 5m | <none> <none>',
  ],
])('%#', (text, expected) => {
  expect(row(text)).toBe(expected)
})
