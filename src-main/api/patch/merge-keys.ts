/** How one field takes part in a strategic merge patch, as Kubernetes' Go types say in their struct tags. */
export interface PatchField {
  /** A list merges element by element, by this key. */
  mergeKey?: string
  /** `merge`: a list of plain values is merged as a set. `replace`: a map is replaced whole. */
  strategy?: 'merge' | 'replace'
  /** What a patch does not name of the map, or of an element of the list, goes away: its members exclude each other. */
  retainKeys?: true
  /** How server-side apply sees the list, where that is not said by `mergeKey` and `strategy`. */
  listType?: 'map' | 'set' | 'atomic'
  /** The keys of an element in server-side apply, where they are not `mergeKey` alone. */
  listMapKeys?: readonly string[]
  /** Server-side apply owns the map as one value, or member by member. */
  mapType?: 'atomic' | 'granular'
  /** The type of the field's value, or of its elements: a name in this table. */
  type?: string
}

type PatchType = Readonly<Record<string, PatchField>>

const by = (mergeKey: string, type?: string): PatchField => ({ mergeKey, ...(type ? { type } : {}) })
const is = (type: string): PatchField => ({ type })
const set: PatchField = { listType: 'set' }
const mapOf = (key: string): PatchField => ({ listType: 'map', listMapKeys: [key] })
const atomicMap: PatchField = { mapType: 'atomic' }

const container: PatchType = {
  ports: { ...by('containerPort'), listMapKeys: ['containerPort', 'protocol'] },
  env: by('name'),
  volumeMounts: by('mountPath'),
  volumeDevices: by('devicePath'),
}
const conditions: PatchType = { conditions: by('type') }

/**
 * Every type on the way from a kind to a field that does not simply follow JSON merge patch (RFC 7386): lists that
 * merge by key, mostly. A list that is not named here is replaced whole. Source: k8s.io/api, `patchStrategy` and
 * `patchMergeKey` tags of the stable groups.
 */
export const patchTypes: Readonly<Record<string, PatchType>> = {
  ObjectMeta: { ownerReferences: by('uid'), finalizers: { strategy: 'merge' } },

  Container: container,
  EphemeralContainer: container,
  PodSpec: {
    volumes: { ...by('name'), retainKeys: true },
    initContainers: by('name', 'Container'),
    containers: by('name', 'Container'),
    ephemeralContainers: by('name', 'EphemeralContainer'),
    imagePullSecrets: by('name'),
    hostAliases: by('ip'),
    topologySpreadConstraints: { ...by('topologyKey'), listMapKeys: ['topologyKey', 'whenUnsatisfiable'] },
    schedulingGates: by('name'),
    resourceClaims: { ...by('name'), retainKeys: true },
    nodeSelector: atomicMap,
  },
  ResourceRequirements: { claims: mapOf('name') },
  ResourceStatus: { resources: mapOf('resourceID') },
  ContainerRestartRuleOnExitCodes: { values: set },
  ContainerStatus: { volumeMounts: by('mountPath'), allocatedResourcesStatus: by('name') },
  PodStatus: {
    ...conditions,
    hostIPs: { ...by('ip'), listType: 'atomic' },
    podIPs: by('ip'),
    resourceClaimStatuses: { ...by('name'), retainKeys: true },
    containerStatuses: is('ContainerStatus'),
    initContainerStatuses: is('ContainerStatus'),
    ephemeralContainerStatuses: is('ContainerStatus'),
  },
  Pod: { metadata: is('ObjectMeta'), spec: is('PodSpec'), status: is('PodStatus') },
  PodTemplateSpec: { metadata: is('ObjectMeta'), spec: is('PodSpec') },
  PodTemplate: { metadata: is('ObjectMeta'), template: is('PodTemplateSpec') },

  ReplicationControllerSpec: { template: is('PodTemplateSpec'), selector: atomicMap },
  ReplicationControllerStatus: conditions,
  ReplicationController: {
    metadata: is('ObjectMeta'),
    spec: is('ReplicationControllerSpec'),
    status: is('ReplicationControllerStatus'),
  },
  ReplicaSetSpec: { template: is('PodTemplateSpec') },
  ReplicaSetStatus: conditions,
  ReplicaSet: { metadata: is('ObjectMeta'), spec: is('ReplicaSetSpec'), status: is('ReplicaSetStatus') },
  DeploymentSpec: { template: is('PodTemplateSpec'), strategy: { retainKeys: true } },
  DeploymentStatus: conditions,
  Deployment: { metadata: is('ObjectMeta'), spec: is('DeploymentSpec'), status: is('DeploymentStatus') },
  DaemonSetSpec: { template: is('PodTemplateSpec') },
  DaemonSetStatus: conditions,
  DaemonSet: { metadata: is('ObjectMeta'), spec: is('DaemonSetSpec'), status: is('DaemonSetStatus') },
  PersistentVolumeSpec: { claimRef: { mapType: 'granular' } },
  PersistentVolumeClaimStatus: conditions,
  PersistentVolumeClaim: { metadata: is('ObjectMeta'), status: is('PersistentVolumeClaimStatus') },
  PersistentVolumeClaimTemplate: { metadata: is('ObjectMeta') },
  StatefulSetSpec: { template: is('PodTemplateSpec') },
  StatefulSetStatus: conditions,
  StatefulSet: { metadata: is('ObjectMeta'), spec: is('StatefulSetSpec'), status: is('StatefulSetStatus') },
  JobSpec: { template: is('PodTemplateSpec') },
  JobStatus: { conditions: { ...by('type'), listType: 'atomic' } },
  PodFailurePolicyOnExitCodesRequirement: { values: set },
  UncountedTerminatedPods: { succeeded: set, failed: set },
  Job: { metadata: is('ObjectMeta'), spec: is('JobSpec'), status: is('JobStatus') },
  JobTemplateSpec: { metadata: is('ObjectMeta'), spec: is('JobSpec') },
  CronJobSpec: { jobTemplate: is('JobTemplateSpec') },
  CronJob: { metadata: is('ObjectMeta'), spec: is('CronJobSpec') },

  ServiceSpec: { ports: { ...by('port'), listMapKeys: ['port', 'protocol'] }, selector: atomicMap },
  ServiceStatus: conditions,
  Service: { metadata: is('ObjectMeta'), spec: is('ServiceSpec'), status: is('ServiceStatus') },
  ServiceAccount: { metadata: is('ObjectMeta'), secrets: by('name') },
  NamespaceStatus: conditions,
  Namespace: { metadata: is('ObjectMeta'), status: is('NamespaceStatus') },
  Endpoint: { addresses: set },
  CSIDriverSpec: { volumeLifecycleModes: set },
  CSINodeSpec: { drivers: by('name') },
  CSINode: { metadata: is('ObjectMeta'), spec: is('CSINodeSpec') },
  CustomResourceDefinitionStatus: { conditions: mapOf('type') },
  NodeSpec: { podCIDRs: { strategy: 'merge' } },
  NodeStatus: { ...conditions, addresses: by('type') },
  Node: { metadata: is('ObjectMeta'), spec: is('NodeSpec'), status: is('NodeStatus') },
  HorizontalPodAutoscalerStatus: conditions,
  HorizontalPodAutoscaler: { metadata: is('ObjectMeta'), status: is('HorizontalPodAutoscalerStatus') },
  PodDisruptionBudgetSpec: { selector: { strategy: 'replace' } },
  PodDisruptionBudgetStatus: conditions,
  PodDisruptionBudget: {
    metadata: is('ObjectMeta'),
    spec: is('PodDisruptionBudgetSpec'),
    status: is('PodDisruptionBudgetStatus'),
  },
}

/** Types that server-side apply owns as one value (`structType=atomic` in k8s.io/api). */
export const atomicTypes: ReadonlySet<string> = new Set([
  'LabelSelector', 'NodeSelector', 'NodeSelectorTerm', 'TopologySelectorTerm', 'ScopeSelector',
  'ScopedResourceSelectorRequirement', 'ObjectReference', 'LocalObjectReference', 'TypedLocalObjectReference',
  'SecretReference', 'SecretKeySelector', 'ConfigMapKeySelector', 'ObjectFieldSelector', 'ResourceFieldSelector',
  'OwnerReference', 'FieldsV1',
]) // prettier-ignore

const anyKind: PatchType = { metadata: is('ObjectMeta') }

/** The patch type of a kind's objects. Kinds without lists that merge have only their metadata's. */
export function patchTypeOf(kind: string): PatchType {
  return patchTypes[kind] ?? anyKind
}

/** The patch type behind a field, for what is inside it. */
export function typeBehind(field: PatchField | undefined): PatchType {
  return (field?.type && patchTypes[field.type]) || {}
}
