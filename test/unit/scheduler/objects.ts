import type { Node, Pod, PodSpec, Taint } from '../../../src-main/api/types.ts'

let uids = 0

export interface NodeShape {
  cpu?: string
  memory?: string
  pods?: string
  labels?: Record<string, string>
  taints?: Taint[]
  unschedulable?: boolean
  images?: { names: string[]; sizeBytes: number }[]
}

export function node(name: string, shape: NodeShape = {}): Node {
  const { cpu = '4', memory = '8Gi', pods = '110', labels, taints, unschedulable, images } = shape
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `node-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { allocatable: { cpu, memory, pods }, ...(images ? { images } : {}) },
  }
}

export interface PodShape {
  cpu?: string
  memory?: string
  owner?: string
  nodeName?: string
  spec?: Partial<PodSpec>
}

export function pod(name: string, { cpu, memory, owner, nodeName, spec }: PodShape = {}): Pod {
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `pod-${name}-${uids++}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(owner
        ? {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true },
            ],
          }
        : {}),
    },
    spec: {
      containers: [{ name: 'main', image: 'web:1', resources: { requests } }],
      ...(nodeName ? { nodeName } : {}),
      ...spec,
    },
  }
}
