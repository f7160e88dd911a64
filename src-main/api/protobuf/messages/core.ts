/** The other kinds of the core group. How a field is written: `../messages.ts`. */
export const core = {
  AttachedVolume: '1 name *string, 2 devicePath *string',
  Binding: '1 metadata ObjectMeta, 2 target ObjectReference',
  ClientIPConfig: '1 timeoutSeconds *int',
  ConfigMap: '1 metadata ObjectMeta, 2 data {}string, 3 binaryData {}bytes, 4 immutable *bool',
  ConfigMapNodeConfigSource:
    '1 namespace *string, 2 name *string, 3 uid, 4 resourceVersion, 5 kubeletConfigKey *string',
  ContainerImage: '1 names []string, 2 sizeBytes int',
  DaemonEndpoint: '1 Port *int',
  EndpointAddress: '1 ip *string, 2 targetRef ObjectReference, 3 hostname, 4 nodeName *string',
  EndpointPort: '1 name, 2 port *int, 3 protocol, 4 appProtocol *string',
  EndpointSubset:
    '1 addresses []EndpointAddress, 2 notReadyAddresses []EndpointAddress, 3 ports []EndpointPort',
  Endpoints: '1 metadata ObjectMeta, 2 subsets []EndpointSubset',
  Event:
    '1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason, 4 message, 5 source EventSource, 6 firstTimestamp Time, 7 lastTimestamp Time, 8 count int, 9 type, 10 eventTime MicroTime, 11 series EventSeries, 12 action, 13 related ObjectReference, 14 reportingComponent *string, 15 reportingInstance *string',
  EventSeries: '1 count int, 2 lastObservedTime MicroTime',
  EventSource: '1 component, 2 host',
  LimitRange: '1 metadata ObjectMeta, 2 spec LimitRangeSpec',
  LimitRangeItem:
    '1 type *string, 2 max {}Quantity, 3 min {}Quantity, 4 default {}Quantity, 5 defaultRequest {}Quantity, 6 maxLimitRequestRatio {}Quantity',
  LimitRangeSpec: '1 limits []LimitRangeItem',
  LoadBalancerIngress: '1 ip, 2 hostname, 3 ipMode *string, 4 ports []PortStatus',
  LoadBalancerStatus: '1 ingress []LoadBalancerIngress',
  ModifyVolumeStatus: '1 targetVolumeAttributesClassName, 2 status *string',
  Namespace: '1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus',
  NamespaceCondition: '1 type *string, 2 status *string, 4 lastTransitionTime Time, 5 reason, 6 message',
  NamespaceSpec: '1 finalizers []string',
  NamespaceStatus: '1 phase, 2 conditions []NamespaceCondition',
  Node: '1 metadata ObjectMeta, 2 spec NodeSpec, 3 status NodeStatus',
  NodeAddress: '1 type *string, 2 address *string',
  NodeCondition:
    '1 type *string, 2 status *string, 3 lastHeartbeatTime Time, 4 lastTransitionTime Time, 5 reason, 6 message',
  NodeConfigSource: '2 configMap ConfigMapNodeConfigSource',
  NodeConfigStatus:
    '1 assigned NodeConfigSource, 2 active NodeConfigSource, 3 lastKnownGood NodeConfigSource, 4 error',
  NodeDaemonEndpoints: '1 kubeletEndpoint DaemonEndpoint',
  NodeFeatures: '1 supplementalGroupsPolicy *bool',
  NodeRuntimeHandler: '1 name *string, 2 features NodeRuntimeHandlerFeatures',
  NodeRuntimeHandlerFeatures: '1 recursiveReadOnlyMounts *bool, 2 userNamespaces *bool',
  NodeSpec:
    '1 podCIDR, 2 externalID, 3 providerID, 4 unschedulable bool, 5 taints []Taint, 6 configSource NodeConfigSource, 7 podCIDRs []string',
  NodeStatus:
    '1 capacity {}Quantity, 2 allocatable {}Quantity, 3 phase, 4 conditions []NodeCondition, 5 addresses []NodeAddress, 6 daemonEndpoints NodeDaemonEndpoints, 7 nodeInfo NodeSystemInfo, 8 images []ContainerImage, 9 volumesInUse []string, 10 volumesAttached []AttachedVolume, 11 config NodeConfigStatus, 12 runtimeHandlers []NodeRuntimeHandler, 13 features NodeFeatures',
  NodeSwapStatus: '1 capacity *int',
  NodeSystemInfo:
    '1 machineID *string, 2 systemUUID *string, 3 bootID *string, 4 kernelVersion *string, 5 osImage *string, 6 containerRuntimeVersion *string, 7 kubeletVersion *string, 8 kubeProxyVersion *string, 9 operatingSystem *string, 10 architecture *string, 11 swap NodeSwapStatus',
  PersistentVolume: '1 metadata ObjectMeta, 2 spec PersistentVolumeSpec, 3 status PersistentVolumeStatus',
  PersistentVolumeClaim:
    '1 metadata ObjectMeta, 2 spec PersistentVolumeClaimSpec, 3 status PersistentVolumeClaimStatus',
  PersistentVolumeClaimCondition:
    '1 type *string, 2 status *string, 3 lastProbeTime Time, 4 lastTransitionTime Time, 5 reason, 6 message',
  PersistentVolumeClaimStatus:
    '1 phase, 2 accessModes []string, 3 capacity {}Quantity, 4 conditions []PersistentVolumeClaimCondition, 5 allocatedResources {}Quantity, 7 allocatedResourceStatuses {}string, 8 currentVolumeAttributesClassName *string, 9 modifyVolumeStatus ModifyVolumeStatus',
  PersistentVolumeSpec:
    '1 capacity {}Quantity, 2 persistentVolumeSource ~PersistentVolumeSource, 3 accessModes []string, 4 claimRef ObjectReference, 5 persistentVolumeReclaimPolicy, 6 storageClassName, 7 mountOptions []string, 8 volumeMode *string, 9 nodeAffinity VolumeNodeAffinity, 10 volumeAttributesClassName *string',
  PersistentVolumeStatus: '1 phase, 2 message, 3 reason, 4 lastPhaseTransitionTime Time',
  PortStatus: '1 port *int, 2 protocol *string, 3 error *string',
  ReplicationController:
    '1 metadata ObjectMeta, 2 spec ReplicationControllerSpec, 3 status ReplicationControllerStatus',
  ReplicationControllerCondition:
    '1 type *string, 2 status *string, 3 lastTransitionTime Time, 4 reason, 5 message',
  ReplicationControllerSpec:
    '1 replicas *int, 2 selector {}string, 3 template PodTemplateSpec, 4 minReadySeconds int',
  ReplicationControllerStatus:
    '1 replicas *int, 2 fullyLabeledReplicas int, 3 observedGeneration int, 4 readyReplicas int, 5 availableReplicas int, 6 conditions []ReplicationControllerCondition',
  ResourceQuota: '1 metadata ObjectMeta, 2 spec ResourceQuotaSpec, 3 status ResourceQuotaStatus',
  ResourceQuotaSpec: '1 hard {}Quantity, 2 scopes []string, 3 scopeSelector ScopeSelector',
  ResourceQuotaStatus: '1 hard {}Quantity, 2 used {}Quantity',
  ScopeSelector: '1 matchExpressions []ScopedResourceSelectorRequirement',
  ScopedResourceSelectorRequirement: '1 scopeName *string, 2 operator *string, 3 values []string',
  Secret: '1 metadata ObjectMeta, 2 data {}bytes, 3 type, 4 stringData {}string, 5 immutable *bool',
  Service: '1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status ServiceStatus',
  ServiceAccount:
    '1 metadata ObjectMeta, 2 secrets []ObjectReference, 3 imagePullSecrets []LocalObjectReference, 4 automountServiceAccountToken *bool',
  ServicePort:
    '1 name, 2 protocol, 3 port *int, 4 targetPort IntOrString, 5 nodePort int, 6 appProtocol *string',
  ServiceSpec:
    '1 ports []ServicePort, 2 selector {}string, 3 clusterIP, 4 type, 5 externalIPs []string, 7 sessionAffinity, 8 loadBalancerIP, 9 loadBalancerSourceRanges []string, 10 externalName, 11 externalTrafficPolicy, 12 healthCheckNodePort int, 13 publishNotReadyAddresses bool, 14 sessionAffinityConfig SessionAffinityConfig, 17 ipFamilyPolicy *string, 18 clusterIPs []string, 19 ipFamilies []string, 20 allocateLoadBalancerNodePorts *bool, 21 loadBalancerClass *string, 22 internalTrafficPolicy *string, 23 trafficDistribution *string',
  ServiceStatus: '1 loadBalancer LoadBalancerStatus, 2 conditions []Condition',
  SessionAffinityConfig: '1 clientIP ClientIPConfig',
  Taint: '1 key *string, 2 value, 3 effect *string, 4 timeAdded Time',
  TopologySelectorLabelRequirement: '1 key *string, 2 values []string',
  TopologySelectorTerm: '1 matchLabelExpressions []TopologySelectorLabelRequirement',
  VolumeNodeAffinity: '1 required NodeSelector',
} as const
