import { access } from './messages/access.ts'
import { autoscaling } from './messages/autoscaling.ts'
import { containers } from './messages/containers.ts'
import { core } from './messages/core.ts'
import { events } from './messages/events.ts'
import { meta } from './messages/meta.ts'
import { networking } from './messages/networking.ts'
import { pods } from './messages/pods.ts'
import { storage } from './messages/storage.ts'
import { volumes } from './messages/volumes.ts'
import { workloads } from './messages/workloads.ts'

/**
 * Field numbers of Kubernetes' messages: of every kind and review served here that Kubernetes has as protobuf, and of
 * DeleteOptions. Source: the facts of generated.proto (numbers) and types.go (pointers) in k8s.io/api and
 * k8s.io/apimachinery, v0.33.
 *
 * A field is written `NUMBER name TYPE`. Without a type it is text. `[]T` is a list, `{}T` a map from text. `*T` keeps
 * its zero, as it is a pointer in Go or always written; elsewhere zero means absent. `~T` is an embedded struct, whose
 * fields belong to its owner.
 */
export const messages: Readonly<Record<string, string>> = {
  ...meta,
  ...containers,
  ...volumes,
  ...pods,
  ...core,
  ...workloads,
  ...autoscaling,
  ...networking,
  ...storage,
  ...events,
  ...access,
}

/** The message of a kind, or undefined where none is known. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  // DeleteOptions come under the group of what is deleted.
  if (kind === 'DeleteOptions') return kind
  const known = roots.get(apiVersion)
  return known?.has(kind) ? (renamed[`${apiVersion} ${kind}`] ?? kind) : undefined
}

/** Where two groups have a type of the same name. */
const renamed: Readonly<Record<string, string>> = {
  'autoscaling/v1 HorizontalPodAutoscaler': 'HorizontalPodAutoscalerV1',
  'events.k8s.io/v1 Event': 'EventsEvent',
}

const roots: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [
    'v1 Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount',
    'apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet',
    'batch/v1 CronJob Job',
    'autoscaling/v1 HorizontalPodAutoscaler Scale',
    'autoscaling/v2 HorizontalPodAutoscaler',
    'policy/v1 Eviction PodDisruptionBudget',
    'networking.k8s.io/v1 Ingress IngressClass NetworkPolicy',
    'discovery.k8s.io/v1 EndpointSlice',
    'storage.k8s.io/v1 CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass',
    'node.k8s.io/v1 RuntimeClass',
    'scheduling.k8s.io/v1 PriorityClass',
    'coordination.k8s.io/v1 Lease',
    'events.k8s.io/v1 Event',
    'rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding Role RoleBinding',
    'authorization.k8s.io/v1 LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
    'authentication.k8s.io/v1 SelfSubjectReview TokenRequest TokenReview',
  ].map(line => {
    const [apiVersion = '', ...kinds] = line.split(' ')
    return [apiVersion, new Set(kinds)]
  }),
)
