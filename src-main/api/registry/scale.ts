import { badRequest, conflict, invalid } from '../../lib/errors.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { Kind, ScaleMapping } from '../kinds/kind.ts'
import type { KubeObject, ObjectMeta } from '../types.ts'

/** `autoscaling/v1` Scale: the size of a workload, whatever its kind. */
export interface Scale {
  kind: 'Scale'
  apiVersion: 'autoscaling/v1'
  metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'uid' | 'resourceVersion' | 'creationTimestamp'>
  spec: { replicas: number }
  status: { replicas: number; selector: string }
}

export function scaleOf(mapping: ScaleMapping<KubeObject>, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: mapping.replicas(object) },
    status: { replicas: mapping.statusReplicas(object), selector: mapping.selector(object) },
  }
}

/** Whether a Scale says from which version of the object it was read. */
export function namesVersion(scale: unknown): boolean {
  return isJsonObject(scale) && isJsonObject(scale.metadata) && Boolean(scale.metadata.resourceVersion)
}

/**
 * The number of replicas that a Scale asks for (absent means 0, as in Kubernetes).
 * @throws StatusError BadRequest, Invalid; Conflict when it was read from another version of the object
 */
export function replicasIn(kind: Kind, object: KubeObject, scale: unknown): number {
  if (!isJsonObject(scale)) throw badRequest('the body is not a Scale')
  const metadata = isJsonObject(scale.metadata) ? scale.metadata : {}
  const { name, uid, resourceVersion } = object.metadata
  const stale = (given: unknown, stored: string) => given !== undefined && given !== '' && given !== stored
  if (stale(metadata.resourceVersion, resourceVersion) || stale(metadata.uid, uid)) {
    throw conflict({ group: kind.group, resource: kind.plural }, name)
  }
  const replicas = isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw invalid({ group: 'autoscaling', resource: 'scales', kind: 'Scale' }, name, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(replicas)}: must be a whole number, greater than or equal to 0`,
        field: 'spec.replicas',
      },
    ])
  }
  return replicas
}
