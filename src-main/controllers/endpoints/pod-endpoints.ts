import type { Pod, Service } from '../../api/types.ts'
import { mapInPortions } from '../../lib/turn.ts'
import { isReady } from '../runtime/pods.ts'

type ServicePort = NonNullable<Service['spec']['ports']>[number]

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
  /** Pods of the same ports share one list of them. */
  ports: readonly EndpointPort[]
}

/**
 * The endpoints of a Service among the pods that its selector matches: those with an address that have not ended.
 * Source: kubernetes staging/src/k8s.io/endpointslice/utils.go.
 */
export async function podEndpoints(service: Service, pods: readonly Pod[]): Promise<PodEndpoint[]> {
  const publish = service.spec.publishNotReadyAddresses === true
  const portsOf = portsIn(service)
  const endpoints = await mapInPortions(pods, pod => {
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
        ports: portsOf(pod),
      },
    ]
  })
  return endpoints.flat().sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1))
}

/** The ports of a Service in each pod: of pods in which its names stand for the same numbers, the same list. */
function portsIn({ spec }: Service): (pod: Pod) => readonly EndpointPort[] {
  const ports = spec.ports ?? []
  const named = ports.some(({ targetPort }) => isName(targetPort))
  const lists = new Map<string, readonly EndpointPort[]>()
  return pod => {
    const inPod = named ? namedPorts(pod) : undefined
    const numbers = ports.map(({ port, targetPort, protocol = 'TCP' }) =>
      isName(targetPort) ? inPod?.get(`${targetPort}/${protocol}`) : Number(targetPort) || port,
    )
    const key = numbers.join()
    const list = lists.get(key) ?? endpointPorts(ports, numbers)
    lists.set(key, list)
    return list
  }
}

/** @param numbers of each port, in the same order; undefined: the pod has none of that name */
function endpointPorts(ports: readonly ServicePort[], numbers: readonly (number | undefined)[]) {
  return ports.flatMap(({ name = '', protocol = 'TCP', appProtocol }, index): EndpointPort[] => {
    const port = numbers[index]
    if (port === undefined) return []
    return [
      {
        name,
        port,
        protocol: protocol as EndpointPort['protocol'],
        ...(appProtocol ? { appProtocol } : {}),
      },
    ]
  })
}

/** A number in a string is a number too, as Kubernetes' int-or-string reads it. */
function isName(targetPort: number | string | undefined): targetPort is string {
  return typeof targetPort === 'string' && !/^\d+$/.test(targetPort)
}

/** The numbers of a pod's ports by `name/protocol`; of two of one name it is the first. */
function namedPorts({ spec }: Pod): Map<string, number> {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  const numbers = new Map<string, number>()
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    for (const { name, protocol = 'TCP', containerPort } of ports) {
      const key = `${name}/${protocol}`
      if (!numbers.has(key)) numbers.set(key, containerPort)
    }
  }
  return numbers
}
