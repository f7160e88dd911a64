import type { Client } from '../api/client.ts'
import { EndpointSliceKind } from '../api/kinds/endpoint-slice.ts'
import { PodKind } from '../api/kinds/pod.ts'
import type { EndpointSlice, Pod } from '../api/types.ts'

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number]

/** Whether a Service has the pod among its endpoints; one that ends is there until it is gone. */
export function isEndpoint(
  client: Client,
  { metadata: { uid, namespace } }: Pod,
  which: (endpoint: Endpoint) => boolean = () => true,
): boolean {
  return client
    .list(EndpointSliceKind, { namespace })
    .some(({ endpoints = [] }) =>
      endpoints.some(endpoint => endpoint.targetRef?.uid === uid && which(endpoint)),
    )
}

/**
 * Resolves when no slice has the pod as ready, or as one that is not known to end: a Service with
 * publishNotReadyAddresses leads to it until it is gone.
 */
export function untilNotReady(client: Client, pod: Pod): Promise<void> {
  const isReady = () =>
    isEndpoint(client, pod, ({ conditions }) => conditions?.ready !== false && !conditions?.terminating)
  if (!isReady()) return Promise.resolve()
  return new Promise(resolve => {
    const dispose = client.watch(EndpointSliceKind, () => {
      if (isReady()) return
      dispose()
      resolve()
    })
  })
}

export interface PodAddresses {
  /** Of the pods that there are. */
  pods: ReadonlySet<string>
  /** Of those of them that are endpoints of a Service, ready or not. */
  servingPods: ReadonlySet<string>
}

export function podAddresses(client: Client): PodAddresses {
  const pods = new Set(client.list(PodKind).flatMap(({ status }) => status?.podIP ?? []))
  const servingPods = new Set<string>()
  for (const { endpoints = [] } of client.list(EndpointSliceKind)) {
    for (const { addresses } of endpoints) {
      for (const ip of addresses) if (pods.has(ip)) servingPods.add(ip)
    }
  }
  return { pods, servingPods }
}
