import type { Pod } from '../api/types.ts'
import { type PodRequests, podRequests } from './resources.ts'

export interface HostPort {
  ip: string
  protocol: string
  port: number
}

/** A pod, and what scheduling needs to know of it, worked out once. */
export interface PodInfo extends PodRequests {
  pod: Pod
  /** Uid of its controller: pods of one controller are spread. */
  owner: string | undefined
  hostPorts: readonly HostPort[]
}

export function podInfo(pod: Pod): PodInfo {
  return {
    pod,
    ...podRequests(pod),
    owner: pod.metadata.ownerReferences?.find(reference => reference.controller)?.uid,
    hostPorts: hostPortsOf(pod),
  }
}

function hostPortsOf({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...spec.containers, ...sidecars].flatMap(container =>
    (container.ports ?? []).flatMap(({ hostIP, hostPort, containerPort, protocol = 'TCP' }) => {
      const port = hostPort ?? (spec.hostNetwork ? containerPort : 0)
      return port > 0 ? [{ ip: hostIP || '0.0.0.0', protocol, port }] : []
    }),
  )
}

/** A pod that holds its node's resources. */
export function holdsResources({ spec, status }: Pod): boolean {
  return Boolean(spec.nodeName) && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

/** A pod that waits for this scheduler. */
export function awaitsScheduling({ metadata, spec, status }: Pod): boolean {
  return (
    !spec.nodeName &&
    !metadata.deletionTimestamp &&
    status?.phase !== 'Succeeded' &&
    status?.phase !== 'Failed' &&
    (spec.schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
    (spec.schedulingGates ?? []).length === 0
  )
}
