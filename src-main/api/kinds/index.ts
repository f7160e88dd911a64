import { ConfigMapKind } from './config-map.ts'
import { ControllerRevisionKind } from './controller-revision.ts'
import { CronJobKind, CronJobV1beta1Kind } from './cron-job.ts'
import { CSIDriverKind } from './csi-driver.ts'
import { CSINodeKind } from './csi-node.ts'
import { CSIStorageCapacityKind } from './csi-storage-capacity.ts'
import { CustomResourceDefinitionKind } from './custom-resource-definition.ts'
import { DaemonSetKind } from './daemon-set.ts'
import { DeploymentKind } from './deployment.ts'
import { EndpointSliceKind } from './endpoint-slice.ts'
import { EndpointsKind } from './endpoints.ts'
import { EventKind } from './event.ts'
import { EventsEventKind } from './events-event.ts'
import { HorizontalPodAutoscalerKind, HorizontalPodAutoscalerV1Kind } from './horizontal-pod-autoscaler.ts'
import { IngressClassKind } from './ingress-class.ts'
import { IngressKind, IngressV1beta1Kind } from './ingress.ts'
import { JobKind } from './job.ts'
import type { Kind } from './kind.ts'
import { LeaseKind } from './lease.ts'
import { LimitRangeKind } from './limit-range.ts'
import { NamespaceKind } from './namespace.ts'
import { NetworkPolicyKind } from './network-policy.ts'
import { NodeKind } from './node.ts'
import { PersistentVolumeClaimKind } from './persistent-volume-claim.ts'
import { PersistentVolumeKind } from './persistent-volume.ts'
import { PodDisruptionBudgetKind, PodDisruptionBudgetV1beta1Kind } from './pod-disruption-budget.ts'
import { PodTemplateKind } from './pod-template.ts'
import { PodKind } from './pod.ts'
import { PriorityClassKind } from './priority-class.ts'
import { refusedKinds } from './refused.ts'
import { ReplicaSetKind } from './replica-set.ts'
import { ReplicationControllerKind } from './replication-controller.ts'
import { ResourceQuotaKind } from './resource-quota.ts'
import { ClusterRoleBindingKind, RoleBindingKind } from './role-binding.ts'
import { ClusterRoleKind, RoleKind } from './role.ts'
import { RuntimeClassKind } from './runtime-class.ts'
import { SecretKind } from './secret.ts'
import { ServerKind } from './server.ts'
import { ServiceAccountKind } from './service-account.ts'
import { ServiceKind } from './service.ts'
import { StatefulSetKind } from './stateful-set.ts'
import { StorageClassKind } from './storage-class.ts'
import { VolumeAttachmentKind } from './volume-attachment.ts'
import { VolumeAttributesClassKind } from './volume-attributes-class.ts'

/** Every kind that the API has of its own, by group. Of several versions the one that clients should prefer is first. */
export const kinds: readonly Kind[] = [
  NamespaceKind,
  NodeKind,
  PodKind,
  ConfigMapKind,
  SecretKind,
  ServiceKind,
  ServiceAccountKind,
  EventKind,
  EndpointsKind,
  PersistentVolumeKind,
  PersistentVolumeClaimKind,
  ReplicationControllerKind,
  PodTemplateKind,
  ResourceQuotaKind,
  LimitRangeKind,
  ReplicaSetKind,
  DeploymentKind,
  StatefulSetKind,
  DaemonSetKind,
  ControllerRevisionKind,
  JobKind,
  CronJobKind,
  CronJobV1beta1Kind,
  HorizontalPodAutoscalerKind,
  HorizontalPodAutoscalerV1Kind,
  PodDisruptionBudgetKind,
  PodDisruptionBudgetV1beta1Kind,
  IngressKind,
  IngressClassKind,
  NetworkPolicyKind,
  IngressV1beta1Kind,
  StorageClassKind,
  VolumeAttachmentKind,
  CSIDriverKind,
  CSINodeKind,
  CSIStorageCapacityKind,
  VolumeAttributesClassKind,
  RuntimeClassKind,
  EndpointSliceKind,
  PriorityClassKind,
  LeaseKind,
  EventsEventKind,
  RoleKind,
  ClusterRoleKind,
  RoleBindingKind,
  ClusterRoleBindingKind,
  CustomResourceDefinitionKind,
  ...refusedKinds,
  ServerKind,
]
