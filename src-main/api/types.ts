import type { ICustomResourceDefinition } from 'kubernetes-models/apiextensions.k8s.io/v1/CustomResourceDefinition'
import type { IControllerRevision } from 'kubernetes-models/apps/v1/ControllerRevision'
import type { IDaemonSet } from 'kubernetes-models/apps/v1/DaemonSet'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { IReplicaSet } from 'kubernetes-models/apps/v1/ReplicaSet'
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import type { IHorizontalPodAutoscaler as IHorizontalPodAutoscalerV1 } from 'kubernetes-models/autoscaling/v1/HorizontalPodAutoscaler'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { IJob } from 'kubernetes-models/batch/v1/Job'
import type { ILease } from 'kubernetes-models/coordination.k8s.io/v1/Lease'
import type { IEndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice'
import type { IEvent as IEventsEvent } from 'kubernetes-models/events.k8s.io/v1/Event'
import type { IIngress as IIngressV1beta1 } from 'kubernetes-models/extensions/v1beta1/Ingress'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import type { IIngressClass } from 'kubernetes-models/networking.k8s.io/v1/IngressClass'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IRuntimeClass } from 'kubernetes-models/node.k8s.io/v1/RuntimeClass'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole'
import type { IClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding'
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role'
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding'
import type { IPriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1/PriorityClass'
import type { ICSIDriver } from 'kubernetes-models/storage.k8s.io/v1/CSIDriver'
import type { ICSINode } from 'kubernetes-models/storage.k8s.io/v1/CSINode'
import type { ICSIStorageCapacity } from 'kubernetes-models/storage.k8s.io/v1/CSIStorageCapacity'
import type { IStorageClass } from 'kubernetes-models/storage.k8s.io/v1/StorageClass'
import type { IVolumeAttachment } from 'kubernetes-models/storage.k8s.io/v1/VolumeAttachment'
import type { IVolumeAttributesClass } from 'kubernetes-models/storage.k8s.io/v1/VolumeAttributesClass'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IContainerState } from 'kubernetes-models/v1/ContainerState'
import type { IContainerStatus } from 'kubernetes-models/v1/ContainerStatus'
import type { IEndpoints } from 'kubernetes-models/v1/Endpoints'
import type { IEvent } from 'kubernetes-models/v1/Event'
import type { ILimitRange } from 'kubernetes-models/v1/LimitRange'
import type { INamespace } from 'kubernetes-models/v1/Namespace'
import type { INode } from 'kubernetes-models/v1/Node'
import type { IPersistentVolume } from 'kubernetes-models/v1/PersistentVolume'
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import type { IPod } from 'kubernetes-models/v1/Pod'
import type { IPodCondition } from 'kubernetes-models/v1/PodCondition'
import type { IPodTemplate } from 'kubernetes-models/v1/PodTemplate'
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec'
import type { IReplicationController } from 'kubernetes-models/v1/ReplicationController'
import type { IResourceQuota } from 'kubernetes-models/v1/ResourceQuota'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { IService } from 'kubernetes-models/v1/Service'
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import type { ITaint } from 'kubernetes-models/v1/Taint'
import type { IToleration } from 'kubernetes-models/v1/Toleration'

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: string
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: object
  subresource?: string
}

/** `metav1.ObjectMeta` of an object that is stored: what the server fills in is there. */
export interface ObjectMeta {
  name: string
  generateName?: string
  /** Absent on cluster-scoped kinds. */
  namespace?: string
  uid: string
  /** One increasing integer over all kinds, as a string. */
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

/** Any stored object. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

/** An object on its way in: the server fills in what is missing of its metadata. */
export type NewObject<T extends KubeObject = KubeObject> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion?: string
  kind?: string
  metadata: Partial<ObjectMeta>
}

type Stored<T extends { metadata?: unknown; apiVersion: string; kind: string }> = Omit<T, 'metadata'> & {
  metadata: ObjectMeta
}
type WithSpec<T extends { spec?: unknown; metadata?: unknown; apiVersion: string; kind: string }> =
  Stored<T> & {
    spec: NonNullable<T['spec']>
  }

export type Namespace = Stored<INamespace>
export type Node = WithSpec<INode>
export type Pod = WithSpec<IPod>
export type ReplicaSet = WithSpec<IReplicaSet>
export type Deployment = WithSpec<IDeployment>
export type ConfigMap = Stored<IConfigMap>
export type Secret = Stored<ISecret>
export type Service = WithSpec<IService>
export type ServiceAccount = Stored<IServiceAccount>
export type Event = Stored<IEvent>
export type Endpoints = Stored<IEndpoints>
export type PersistentVolume = WithSpec<IPersistentVolume>
export type PersistentVolumeClaim = WithSpec<IPersistentVolumeClaim>
export type ReplicationController = WithSpec<IReplicationController>
export type ResourceQuota = WithSpec<IResourceQuota>
export type LimitRange = WithSpec<ILimitRange>
export type PodTemplate = Stored<IPodTemplate>
export type StatefulSet = WithSpec<IStatefulSet>
export type DaemonSet = WithSpec<IDaemonSet>
export type ControllerRevision = Stored<IControllerRevision>
export type Job = WithSpec<IJob>
export type CronJob = WithSpec<ICronJob>
export type HorizontalPodAutoscaler = WithSpec<IHorizontalPodAutoscaler>
export type HorizontalPodAutoscalerV1 = WithSpec<IHorizontalPodAutoscalerV1>
export type Ingress = WithSpec<IIngress>
export type IngressV1beta1 = WithSpec<IIngressV1beta1>
export type IngressClass = WithSpec<IIngressClass>
export type NetworkPolicy = WithSpec<INetworkPolicy>
export type PodDisruptionBudget = WithSpec<IPodDisruptionBudget>
export type StorageClass = Stored<IStorageClass>
export type VolumeAttachment = WithSpec<IVolumeAttachment>
export type CSIDriver = WithSpec<ICSIDriver>
export type CSINode = WithSpec<ICSINode>
export type EndpointSlice = Stored<IEndpointSlice>
export type PriorityClass = Stored<IPriorityClass>
export type Lease = WithSpec<ILease>
export type EventsEvent = Stored<IEventsEvent>
export type Role = Stored<IRole>
export type ClusterRole = Stored<IClusterRole>
export type RoleBinding = Stored<IRoleBinding>
export type ClusterRoleBinding = Stored<IClusterRoleBinding>
export type RuntimeClass = Stored<IRuntimeClass>
export type CSIStorageCapacity = Stored<ICSIStorageCapacity>
export type VolumeAttributesClass = Stored<IVolumeAttributesClass>
export type CustomResourceDefinition = WithSpec<ICustomResourceDefinition>

export type PodSpec = Pod['spec']
export type PodStatus = NonNullable<Pod['status']>
export type PodTemplateSpec = IPodTemplateSpec
export type PodCondition = IPodCondition
export type Container = IContainer
export type ContainerStatus = IContainerStatus
export type ContainerState = IContainerState
export type NodeStatus = NonNullable<Node['status']>
export type Taint = ITaint
export type Toleration = IToleration

/** The name of a Secret in `coxswain-system` and the key in it. */
export interface SecretKeyReference {
  name: string
  key: string
}

/** How a server is reached over SSH. */
export interface ServerSsh {
  /** Address, or a `Host` alias of ~/.ssh/config. */
  host: string
  /** Default 22, or what ~/.ssh/config says. */
  port?: number
  /** Default root, or what ~/.ssh/config says. */
  user?: string
  /** A private key file on this computer; `~` is the home folder. */
  identityFile?: string
  privateKeySecretRef?: SecretKeyReference
  passphraseSecretRef?: SecretKeyReference
  /** Use the keys of the running ssh-agent. */
  agent?: boolean
  /** Another Server's name, through which this one is reached. */
  jump?: string
  /** `SHA256:…`; absent: the key seen first is pinned in status.ssh.hostKey. */
  hostKey?: string
}

/** A condition of a Server; `message` names the next step. */
export interface ServerCondition {
  type: 'Connected' | 'DockerReady' | 'Claimed'
  status: 'True' | 'False' | 'Unknown'
  /**
   * Connected: Connected, Connecting, Unreachable, AuthenticationFailed, HostKeyChanged, KeyUnreadable, JumpUnavailable.
   * DockerReady: EngineReady, DockerMissing, SocketForbidden, EngineTooOld.
   * Claimed: ClaimedByThisCluster, ClaimedByOtherCluster, ClaimedByOtherServer.
   */
  reason: string
  message: string
  lastTransitionTime: string
}

/** `coxswain.io/v1alpha1` Server: a machine that runs pods, and how it is reached. Cluster-scoped. */
export interface Server extends KubeObject {
  spec: {
    ssh?: ServerSsh
    /** Use this computer's own Docker instead of SSH. */
    local?: boolean
    /** A simulated server of the playground. */
    simulated?: { cpu?: string; memory?: string }
    docker?: { socket?: string }
    /** How the other servers reach this one; absent: by the host of its SSH. */
    network?: {
      address?: string
      /** UDP port at which WireGuard is reached there, where a router forwards another one. */
      port?: number
    }
  }
  status?: {
    observedGeneration?: number
    ssh?: { hostKey?: string }
    engine?: { version: string; apiVersion: string }
    conditions?: ServerCondition[]
  }
}
