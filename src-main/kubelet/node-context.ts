import type { Client } from '../api/client.ts'
import type { EventRecorder } from '../api/events.ts'
import { ConfigMapKind } from '../api/kinds/config-map.ts'
import { NodeKind } from '../api/kinds/node.ts'
import { SecretKind } from '../api/kinds/secret.ts'
import { ServiceKind } from '../api/kinds/service.ts'
import type { Container, Pod } from '../api/types.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { ContainerCache } from './container-cache.ts'
import type { ClusterDns } from './container-spec.ts'
import type { Lookup } from './environment.ts'
import type { PodFacts } from './field-ref.ts'
import type { ImageManager } from './image-manager.ts'
import type { AddressPool } from './ipam.ts'
import type { PodDrain } from './pod-drain.ts'
import type { PodGuard } from './pod-guard.ts'
import type { HealthKeeper } from './probes/health-keeper.ts'
import type { ProbeTarget } from './probes/result.ts'
import type { Semaphore } from './semaphore.ts'
import type { TerminationLogs } from './termination-logs.ts'

/** What the workers of one server's pods share. */
export interface NodeContext {
  nodeName: string
  clusterId: string
  engine: Engine
  client: Client
  events: EventRecorder
  clock: Clock
  logger: Logger
  cache: ContainerCache
  images: ImageManager
  addresses: AddressPool
  health: HealthKeeper
  terminationLogs: TerminationLogs
  /** Absent: nobody sends anything to pods, so that none has to wait before it ends. */
  drain?: PodDrain
  /** Absent: nothing bounds what pods may talk to. */
  guard?: PodGuard
  server: { cpus: number; memoryBytes: number }
  clusterDns?: () => Promise<ClusterDns | undefined>
  /** Bounds how many containers are created and started at the same time. */
  starts: Semaphore
  ensurePauseImage(): Promise<void>
  /** Makes the pod network if it is not there. */
  ensureNetwork(): Promise<void>
  /** Aborted when the kubelet stops. */
  signal: AbortSignal
}

/** The server's own address, as its Node says. */
export function hostIp({ client, nodeName }: NodeContext): string | undefined {
  const addresses = client.get(NodeKind, nodeName)?.status?.addresses
  return addresses?.find(({ type }) => type === 'InternalIP')?.address
}

/** The pod's address, given now if it has none; undefined on the host's network. @throws AddressesExhausted */
export function podAddress(node: NodeContext, pod: Pod): string | undefined {
  return pod.spec.hostNetwork ? undefined : node.addresses.claim(pod.metadata.uid)
}

/**
 * Where probes and hooks find the pod from its server; undefined before it has an address. A process on the host's
 * network is looked for on the loopback: the server's own address may be one that only others can use.
 */
export function probeAddress(addresses: AddressPool, pod: Pod): string | undefined {
  return pod.spec.hostNetwork ? '127.0.0.1' : addresses.addressOf(pod.metadata.uid)
}

/** A container as a hook finds it; undefined before its pod has an address. */
export function podTarget(
  { engine, addresses }: NodeContext,
  pod: Pod,
  container: Container,
  containerId: string,
): ProbeTarget | undefined {
  const address = probeAddress(addresses, pod)
  return address === undefined ? undefined : { engine, containerId, container, address }
}

export function podFacts(node: NodeContext, pod: Pod): PodFacts {
  const host = hostIp(node) ?? ''
  return {
    podIp: podAddress(node, pod) ?? host,
    hostIp: host,
    nodeName: node.nodeName,
    allocatable: node.client.get(NodeKind, node.nodeName)?.status?.allocatable ?? {
      cpu: String(node.server.cpus),
      memory: String(node.server.memoryBytes),
    },
  }
}

/** The ConfigMaps, Secrets and Services of a pod's namespace. */
export function lookupFor({ client }: NodeContext, { metadata }: Pod): Lookup {
  return {
    configMap: name => client.get(ConfigMapKind, name, metadata.namespace),
    secret: name => client.get(SecretKind, name, metadata.namespace),
    services: () => client.list(ServiceKind, { namespace: metadata.namespace }),
  }
}
