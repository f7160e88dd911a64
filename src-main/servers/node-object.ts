import type { EngineImage, EngineInfo } from '../engine/engine.ts'
import type { NewObject, Node, Server } from '../api/types.ts'
import { formatTime } from '../lib/clock.ts'

/** Kept from pods for the server's own system, as a kubelet's default eviction threshold is. */
const RESERVED_MEMORY_BYTES = 100 * 1024 * 1024
const MAX_PODS = 110
const MAX_IMAGES = 50
const OWN_LABELS = 'coxswain.io/server-labels'
/** On a Server while a person has still to compare its host key; on its Node the taint that keeps pods away until then. */
export const HOST_KEY_UNCONFIRMED = 'coxswain.io/host-key-unconfirmed'

/** What a version of Kubernetes we speak; `Node.status.nodeInfo.kubeletVersion`. */
export interface NodeFacts {
  info: EngineInfo
  images: readonly EngineImage[]
  address: string
  kubeletVersion: string
}

/** A Node of the Server's name, owned by it. */
export function newNode(server: Server, podCIDR?: string): NewObject<Node> {
  return {
    metadata: {
      name: server.metadata.name,
      ownerReferences: [
        {
          apiVersion: server.apiVersion,
          kind: server.kind,
          name: server.metadata.name,
          uid: server.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
  }
}

/** Brings the labels that come from the engine up to date. */
export function applyPlatform(draft: Node, info: EngineInfo): void {
  draft.metadata.labels = {
    ...draft.metadata.labels,
    'kubernetes.io/hostname': draft.metadata.name,
    'kubernetes.io/os': info.osType,
    'kubernetes.io/arch': info.architecture,
  }
}

/**
 * Brings what a Server says of its Node up to date: labels, and the taint of a host key that nobody has confirmed.
 * Labels and taints that people set on the Node itself stay.
 */
export function applyServer(draft: Node, server: Server): void {
  const wanted = server.metadata.labels ?? {}
  const labels = { ...draft.metadata.labels }
  const before = (draft.metadata.annotations?.[OWN_LABELS] ?? '').split(',').filter(Boolean)
  for (const key of before) if (!(key in wanted)) delete labels[key]
  draft.metadata.labels = { ...labels, ...wanted }
  draft.metadata.annotations = {
    ...draft.metadata.annotations,
    [OWN_LABELS]: Object.keys(wanted).sort().join(','),
  }
  const unconfirmed = server.metadata.annotations?.[HOST_KEY_UNCONFIRMED] === 'true'
  const others = (draft.spec.taints ?? []).filter(taint => taint.key !== HOST_KEY_UNCONFIRMED)
  const taints = unconfirmed
    ? [...others, { key: HOST_KEY_UNCONFIRMED, effect: 'NoSchedule' as const }]
    : others
  if (taints.length > 0 || draft.spec.taints) draft.spec.taints = taints
}

/** Writes capacity, addresses, versions and images: all but the conditions. */
export function applyFacts(draft: Node, { info, images, address, kubeletVersion }: NodeFacts): void {
  const capacity = {
    cpu: String(info.cpus),
    memory: `${Math.floor(info.memoryBytes / 1024)}Ki`,
    pods: String(MAX_PODS),
  }
  const allocatable = Math.max(0, info.memoryBytes - RESERVED_MEMORY_BYTES)
  draft.status = {
    ...draft.status,
    capacity,
    allocatable: { ...capacity, memory: `${Math.floor(allocatable / 1024)}Ki` },
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: info.hostName },
    ],
    nodeInfo: {
      machineID: info.id,
      systemUUID: info.id,
      bootID: '',
      kernelVersion: info.kernelVersion,
      osImage: info.operatingSystem,
      containerRuntimeVersion: `docker://${info.version}`,
      kubeletVersion,
      kubeProxyVersion: kubeletVersion,
      operatingSystem: info.osType,
      architecture: info.architecture,
    },
    images: [...images]
      .filter(image => image.tags.length + image.digests.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes || a.id.localeCompare(b.id))
      .slice(0, MAX_IMAGES)
      .map(image => ({ names: [...image.digests, ...image.tags], sizeBytes: image.sizeBytes })),
  }
}

export interface ReadyCondition {
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

/** Sets the Ready condition (and the pressure conditions, which Docker does not report, to False). */
export function applyReady(draft: Node, ready: ReadyCondition, nowMs: number): void {
  const now = formatTime(nowMs)
  const before = new Map((draft.status?.conditions ?? []).map(condition => [condition.type, condition]))
  const pressure = (['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const).map(type => ({
    type,
    status: 'False',
    reason: 'NotReported',
    message: 'The engine does not report pressure.',
  }))
  const ours = [...pressure, { type: 'Ready', ...ready }].map(condition => {
    const old = before.get(condition.type)
    before.delete(condition.type)
    const same = old?.status === condition.status
    return {
      ...condition,
      lastTransitionTime: same ? old.lastTransitionTime : now,
      lastHeartbeatTime: same && old.reason === condition.reason ? old.lastHeartbeatTime : now,
    }
  })
  // others' conditions, such as the network's, stay
  draft.status = { ...draft.status, conditions: [...before.values(), ...ours] }
}
