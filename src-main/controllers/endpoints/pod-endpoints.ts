import type { Pod, Service } from '../../api/types.ts'
import { isReady } from '../runtime/pods.ts'

export interface EndpointPort {
  name: string
  port: number
  protocol: 'TCP' | 'UDP' | 'SCTP'
  appProtocol?: string
}

/** A pod that serves a Service, with the numbers that its named ports have in this pod. */
export interface PodEndpoint {
  ip: string
  nodeName?: string
  /** Only with the Service's name as its subdomain. */
  hostname?: string
  pod: { name: string; namespace: string; uid: string }
  ready: boolean
  serving: boolean
  terminating: boolean
  ports: EndpointPort[]
}

/**
 * The endpoints of a Service among the pods that its selector matches: those with an address that have not ended.
 * Source: kubernetes staging/src/k8s.io/endpointslice/utils.go.
 */
export function podEndpoints(service: Service, pods: readonly Pod[]): PodEndpoint[] {
  const publish = service.spec.publishNotReadyAddresses === true
  return pods
    .flatMap(pod => {
      const { podIP, phase } = pod.status ?? {}
      if (!podIP || phase === 'Succeeded' || phase === 'Failed') return []
      const terminating = pod.metadata.deletionTimestamp !== undefined
      const serving = isReady(pod)
      const { hostname, subdomain, nodeName } = pod.spec
      return [
        {
          ip: podIP,
          ...(nodeName ? { nodeName } : {}),
          ...(hostname && subdomain === service.metadata.name ? { hostname } : {}),
          pod: { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '', uid: pod.metadata.uid },
          ready: publish || (serving && !terminating),
          serving,
          terminating,
          ports: portsOf(service, pod),
        },
      ]
    })
    .sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1))
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap(
    ({ name = '', port, targetPort, protocol = 'TCP', appProtocol }) => {
      const number =
        typeof targetPort === 'string' ? namedPort(pod, targetPort, protocol) : targetPort || port
      if (number === undefined) return []
      return [
        {
          name,
          port: number,
          protocol: protocol as EndpointPort['protocol'],
          ...(appProtocol ? { appProtocol } : {}),
        },
      ]
    },
  )
}

/** A number in a string is a number too, as Kubernetes' int-or-string reads it. */
function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find(port => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort
}
