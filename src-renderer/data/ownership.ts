import type { EndpointSlice, KubeObject, OwnerReference, Pod } from '../../src-main/api/types.ts'

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(owner => owner.controller)
}

/** The uid of an object's controller. */
export function ownerKey(object: KubeObject): string | undefined {
  return controllerOf(object)?.uid
}

export const TEMPLATE_HASH = 'pod-template-hash'

/**
 * `namespace/name` of the Deployment that a pod belongs to: its ReplicaSet's name without the template hash. No
 * ReplicaSet has to be watched for it.
 */
export function deploymentKeyOfPod(pod: Pod): string | undefined {
  const owner = controllerOf(pod)
  const hash = pod.metadata.labels?.[TEMPLATE_HASH]
  if (owner?.kind !== 'ReplicaSet' || !hash || !owner.name.endsWith(`-${hash}`)) return undefined
  return `${pod.metadata.namespace}/${owner.name.slice(0, -hash.length - 1)}`
}

const SERVICE_NAME = 'kubernetes.io/service-name'

/** `namespace/name` of the Service whose endpoints a slice holds. */
export function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_NAME]
  return name && `${metadata.namespace}/${name}`
}
