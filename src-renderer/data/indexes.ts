import type { EndpointSlice, Event, Pod, ReplicaSet } from '../../src-main/api/types.ts'
import type { ResourceName } from '../api/resources.ts'
import { deploymentKeyOfPod, ownerKey, serviceKeyOf } from './ownership.ts'

/** By what else than uid and name the objects of a kind are found: index by index, the key of an object. */
export const indexes: Partial<Record<ResourceName, Record<string, (object: never) => string | undefined>>> = {
  pods: {
    node: (pod: Pod) => pod.spec.nodeName ?? undefined,
    deployment: (pod: Pod) => deploymentKeyOfPod(pod),
    owner: (pod: Pod) => ownerKey(pod),
  },
  replicasets: { owner: (set: ReplicaSet) => ownerKey(set) },
  endpointslices: { service: (slice: EndpointSlice) => serviceKeyOf(slice) },
  events: { about: (event: Event) => event.involvedObject.uid ?? undefined },
}
