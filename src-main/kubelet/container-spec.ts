import type { Container, Pod } from '../api/types.ts'
import type { ContainerMount, ContainerSpec, EngineImage } from '../engine/engine.ts'
import { milliCpu, units } from '../lib/quantity.ts'
import { LABEL, SANDBOX } from './container-labels.ts'
import { expand } from './expansion.ts'
import { containerName, podLabels, SANDBOX_HASH, specHash } from './identity.ts'
import { PAUSE_ENTRYPOINT, PAUSE_IMAGE } from './pause-image.ts'
import { oomScoreAdj } from './qos.ts'
import { enginePolicy, isSidecar } from './restart-rules.ts'
import { runAs, security, sysctls } from './security.ts'
import type { TerminationLog } from './termination-logs.ts'

/** The node's one network for pods: a user-defined bridge. */
export const POD_NETWORK = 'coxswain'
/** What a pod can send in one packet: what is left of 1500 in WireGuard, the narrowest of the links between servers. */
export const POD_MTU = 1420

/** Names in the cluster's own DNS. */
export interface ClusterDns {
  nameservers: string[]
  /** `cluster.local` */
  domain: string
}

/** What a pod's containers need to know beside the pod. */
export interface PodPlace {
  clusterId: string
  /** Undefined on the host's network. */
  address?: string
  /** The pause container, where there is one. */
  sandboxId?: string
  /** For an ephemeral container: ids of the containers whose namespaces it joins. */
  joins?: { network: string; process?: string }
  server: { cpus: number; memoryBytes: number }
  clusterDns?: ClusterDns
}

export interface ContainerInputs {
  image: EngineImage
  environment: ReadonlyMap<string, string>
  mounts: ContainerMount[]
  terminationLog?: TerminationLog
  restarts: number
  /** More than 0 when a stranger has the name. */
  attempt: number
}

/** One container of a pod, as the engine should create it. */
export function containerSpec(
  pod: Pod,
  container: Container,
  { place, inputs }: { place: PodPlace; inputs: ContainerInputs },
): ContainerSpec {
  const { environment, mounts, terminationLog } = inputs
  const expanded = (words: string[] | undefined) => words?.map(word => expand(word, environment))
  return {
    name: containerName(pod, container.name, inputs.attempt),
    image: container.image ?? '',
    labels: {
      ...podLabels(place.clusterId, pod),
      ...placeLabels(pod, place),
      [LABEL.container]: container.name,
      [LABEL.specHash]: specHash(container),
      [LABEL.restarts]: String(inputs.restarts),
      ...(terminationLog ? { [LABEL.terminationLog]: terminationLog.file } : {}),
    },
    entrypoint: expanded(container.command),
    command: expanded(container.args) ?? (container.command ? [] : undefined),
    environment: [...environment].map(([name, value]) => `${name}=${value}`),
    workingDir: container.workingDir,
    user: runAs(pod, container, inputs.image),
    restartPolicy: enginePolicy(pod, container.name),
    ...namespaces(pod, place),
    mounts: terminationLog ? [...mounts, terminationLog.mount] : mounts,
    resources: resources(pod, container, place.server),
    security: {
      ...security(pod, container),
      ...(place.sandboxId === undefined && !place.joins && sysctls(pod) ? { sysctls: sysctls(pod) } : {}),
    },
    tty: container.tty,
    openStdin: container.stdin,
    stdinOnce: container.stdinOnce,
    ...(container.lifecycle?.stopSignal ? { stopSignal: container.lifecycle.stopSignal } : {}),
    stopTimeoutSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
  }
}

/** The pause container: owner of the network, IPC and (if shared) process namespaces of a pod. */
export function sandboxSpec(pod: Pod, place: PodPlace, attempt: number): ContainerSpec {
  return {
    name: containerName(pod, SANDBOX, attempt),
    image: PAUSE_IMAGE,
    labels: {
      ...podLabels(place.clusterId, pod),
      ...placeLabels(pod, place),
      [LABEL.container]: SANDBOX,
      [LABEL.specHash]: SANDBOX_HASH,
    },
    entrypoint: PAUSE_ENTRYPOINT,
    environment: [],
    restartPolicy: enginePolicy(pod, SANDBOX),
    ...ownNamespaces(pod, place),
    ipcMode: pod.spec.hostIPC ? 'host' : 'shareable',
    resources: { cpuShares: 2, oomScoreAdj: 0 },
    security: { noNewPrivileges: true, ...(sysctls(pod) ? { sysctls: sysctls(pod) } : {}) },
    stopTimeoutSeconds: 2,
  }
}

function placeLabels(pod: Pod, place: PodPlace): Record<string, string> {
  return {
    [LABEL.gracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    ...(place.address === undefined ? {} : { [LABEL.podIp]: place.address }),
    ...(place.sandboxId === undefined ? {} : { [LABEL.sandbox]: place.sandboxId }),
  }
}

type Namespaces = Pick<
  ContainerSpec,
  'network' | 'ipcMode' | 'pidMode' | 'hostname' | 'domainname' | 'publish' | 'dns' | 'extraHosts'
>

function namespaces(pod: Pod, place: PodPlace): Namespaces {
  const { joins, sandboxId } = place
  const base = sandboxId === undefined ? undefined : sharedNamespaces(pod, sandboxId)
  if (!joins) return base ?? ownNamespaces(pod, place)
  return {
    // without a pause container the pod's only container keeps its IPC to itself
    ...(base ?? {
      network: pod.spec.hostNetwork ? { mode: 'host' } : { mode: 'container', id: joins.network },
    }),
    ...(joins.process && !pod.spec.hostPID ? { pidMode: { container: joins.process } } : {}),
  }
}

/** Of the pod's only container, or of its pause container. */
function ownNamespaces(pod: Pod, place: PodPlace): Namespaces {
  const { spec } = pod
  const host = place.address === undefined
  return {
    network: host ? { mode: 'host' } : { mode: 'bridge', name: POD_NETWORK, ipv4: place.address ?? '' },
    ...(spec.hostIPC ? { ipcMode: 'host' as const } : {}),
    ...(spec.hostPID ? { pidMode: 'host' as const } : {}),
    ...(host ? {} : { hostname: (spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '') }),
    ...(host ? {} : { publish: hostPorts(pod) }),
    dns: dns(pod, place.clusterDns),
    extraHosts: spec.hostAliases?.map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
  }
}

function sharedNamespaces({ spec }: Pod, sandboxId: string): Namespaces {
  return {
    network: spec.hostNetwork ? { mode: 'host' } : { mode: 'container', id: sandboxId },
    ipcMode: spec.hostIPC ? 'host' : { container: sandboxId },
    ...(spec.hostPID ? { pidMode: 'host' as const } : {}),
    ...(spec.shareProcessNamespace ? { pidMode: { container: sandboxId } } : {}),
  }
}

function hostPorts({ spec }: Pod): ContainerSpec['publish'] {
  const sidecars = (spec.initContainers ?? []).filter(isSidecar)
  const ports = [...spec.containers, ...sidecars].flatMap(container => container.ports ?? [])
  return ports.flatMap(({ containerPort, hostPort, hostIP, protocol = 'TCP' }) =>
    hostPort === undefined || hostPort === 0
      ? []
      : [{ containerPort, hostPort, hostIp: hostIP, protocol: protocol.toLowerCase() as 'tcp' }],
  )
}

/**
 * Source: kubernetes pkg/kubelet/network/dns/dns.go. Without a cluster DNS a pod has its server's.
 */
function dns(pod: Pod, cluster: ClusterDns | undefined): ContainerSpec['dns'] {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = pod.spec
  const ofCluster =
    cluster && (dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork))
  const suffix = cluster?.domain ?? ''
  const base = ofCluster
    ? {
        nameservers: cluster.nameservers,
        searches: [`${pod.metadata.namespace}.svc.${suffix}`, `svc.${suffix}`, suffix],
        options: ['ndots:5'],
      }
    : { nameservers: [], searches: [], options: [] }
  const own = (dnsConfig?.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : `${name}`))
  const merged = {
    nameservers: [...base.nameservers, ...(dnsConfig?.nameservers ?? [])],
    searches: [...base.searches, ...(dnsConfig?.searches ?? [])],
    options: [...base.options.filter(option => !own.some(mine => sameOption(mine, option))), ...own],
  }
  return ofCluster || dnsConfig ? merged : undefined
}

function sameOption(a: string, b: string): boolean {
  return a.split(':')[0] === b.split(':')[0]
}

/** Source: kubernetes pkg/kubelet/cm/helpers_linux.go: at least 2 shares; a limit that no request names is the request. */
function resources(pod: Pod, container: Container, server: PodPlace['server']): ContainerSpec['resources'] {
  const { limits, requests } = container.resources ?? {}
  const cpuLimit = Math.min(milliCpu(limits?.cpu), server.cpus * 1000)
  const cpuRequest = milliCpu(requests?.cpu ?? limits?.cpu)
  const memory = units(limits?.memory)
  return {
    ...(cpuLimit > 0 ? { nanoCpus: cpuLimit * 1e6 } : {}),
    ...(memory > 0 ? { memoryBytes: memory } : {}),
    cpuShares: Math.max(2, Math.floor((cpuRequest * 1024) / 1000)),
    oomScoreAdj: oomScoreAdj(pod, requests?.memory ?? limits?.memory, server.memoryBytes),
  }
}
