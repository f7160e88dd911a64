/** Pods and their templates. How a field is written: `../messages.ts`. */
export const pods = {
  Affinity: '1 nodeAffinity NodeAffinity, 2 podAffinity PodAffinity, 3 podAntiAffinity PodAntiAffinity',
  ContainerState:
    '1 waiting ContainerStateWaiting, 2 running ContainerStateRunning, 3 terminated ContainerStateTerminated',
  ContainerStateRunning: '1 startedAt Time',
  ContainerStateTerminated:
    '1 exitCode *int, 2 signal int, 3 reason, 4 message, 5 startedAt Time, 6 finishedAt Time, 7 containerID',
  ContainerStateWaiting: '1 reason, 2 message',
  ContainerStatus:
    '1 name *string, 2 state ContainerState, 3 lastState ContainerState, 4 ready *bool, 5 restartCount *int, 6 image *string, 7 imageID *string, 8 containerID, 9 started *bool, 10 allocatedResources {}Quantity, 11 resources ResourceRequirements, 12 volumeMounts []VolumeMountStatus, 13 user ContainerUser, 14 allocatedResourcesStatus []ResourceStatus, 15 stopSignal *string',
  ContainerUser: '1 linux LinuxContainerUser',
  EphemeralContainer: '1 EphemeralContainerCommon ~EphemeralContainerCommon, 2 targetContainerName',
  HostAlias: '1 ip *string, 2 hostnames []string',
  HostIP: '1 ip *string',
  LinuxContainerUser: '1 uid *int, 2 gid *int, 3 supplementalGroups []int',
  NodeAffinity:
    '1 requiredDuringSchedulingIgnoredDuringExecution NodeSelector, 2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm',
  NodeSelector: '1 nodeSelectorTerms []NodeSelectorTerm',
  NodeSelectorRequirement: '1 key *string, 2 operator *string, 3 values []string',
  NodeSelectorTerm: '1 matchExpressions []NodeSelectorRequirement, 2 matchFields []NodeSelectorRequirement',
  Pod: '1 metadata ObjectMeta, 2 spec PodSpec, 3 status PodStatus',
  PodAffinity:
    '1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, 2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  PodAffinityTerm:
    '1 labelSelector LabelSelector, 2 namespaces []string, 3 topologyKey *string, 4 namespaceSelector LabelSelector, 5 matchLabelKeys []string, 6 mismatchLabelKeys []string',
  PodAntiAffinity:
    '1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, 2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  PodCondition:
    '1 type *string, 2 status *string, 3 lastProbeTime Time, 4 lastTransitionTime Time, 5 reason, 6 message, 7 observedGeneration int',
  PodDNSConfig: '1 nameservers []string, 2 searches []string, 3 options []PodDNSConfigOption',
  PodDNSConfigOption: '1 name, 2 value *string',
  PodIP: '1 ip *string',
  PodOS: '1 name *string',
  PodReadinessGate: '1 conditionType *string',
  PodResourceClaim: '1 name *string, 3 resourceClaimName *string, 4 resourceClaimTemplateName *string',
  PodResourceClaimStatus: '1 name *string, 2 resourceClaimName *string',
  PodSchedulingGate: '1 name *string',
  PodSecurityContext:
    '1 seLinuxOptions SELinuxOptions, 2 runAsUser *int, 3 runAsNonRoot *bool, 4 supplementalGroups []int, 5 fsGroup *int, 6 runAsGroup *int, 7 sysctls []Sysctl, 8 windowsOptions WindowsSecurityContextOptions, 9 fsGroupChangePolicy *string, 10 seccompProfile SeccompProfile, 11 appArmorProfile AppArmorProfile, 12 supplementalGroupsPolicy *string, 13 seLinuxChangePolicy *string',
  PodSpec:
    '1 volumes []Volume, 2 containers []Container, 3 restartPolicy, 4 terminationGracePeriodSeconds *int, 5 activeDeadlineSeconds *int, 6 dnsPolicy, 7 nodeSelector {}string, 8 serviceAccountName, 9 serviceAccount, 10 nodeName, 11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 14 securityContext PodSecurityContext, 15 imagePullSecrets []LocalObjectReference, 16 hostname, 17 subdomain, 18 affinity Affinity, 19 schedulerName, 20 initContainers []Container, 21 automountServiceAccountToken *bool, 22 tolerations []Toleration, 23 hostAliases []HostAlias, 24 priorityClassName, 25 priority *int, 26 dnsConfig PodDNSConfig, 27 shareProcessNamespace *bool, 28 readinessGates []PodReadinessGate, 29 runtimeClassName *string, 30 enableServiceLinks *bool, 31 preemptionPolicy *string, 32 overhead {}Quantity, 33 topologySpreadConstraints []TopologySpreadConstraint, 34 ephemeralContainers []EphemeralContainer, 35 setHostnameAsFQDN *bool, 36 os PodOS, 37 hostUsers *bool, 38 schedulingGates []PodSchedulingGate, 39 resourceClaims []PodResourceClaim, 40 resources ResourceRequirements',
  PodStatus:
    '1 phase, 2 conditions []PodCondition, 3 message, 4 reason, 5 hostIP, 6 podIP, 7 startTime Time, 8 containerStatuses []ContainerStatus, 9 qosClass, 10 initContainerStatuses []ContainerStatus, 11 nominatedNodeName, 12 podIPs []PodIP, 13 ephemeralContainerStatuses []ContainerStatus, 14 resize, 15 resourceClaimStatuses []PodResourceClaimStatus, 16 hostIPs []HostIP, 17 observedGeneration int',
  PodTemplate: '1 metadata ObjectMeta, 2 template PodTemplateSpec',
  PodTemplateSpec: '1 metadata ObjectMeta, 2 spec PodSpec',
  PreferredSchedulingTerm: '1 weight *int, 2 preference NodeSelectorTerm',
  ResourceHealth: '1 resourceID *string, 2 health',
  ResourceStatus: '1 name *string, 2 resources []ResourceHealth',
  Sysctl: '1 name *string, 2 value *string',
  Toleration: '1 key, 2 operator, 3 value, 4 effect, 5 tolerationSeconds *int',
  TopologySpreadConstraint:
    '1 maxSkew *int, 2 topologyKey *string, 3 whenUnsatisfiable *string, 4 labelSelector LabelSelector, 5 minDomains *int, 6 nodeAffinityPolicy *string, 7 nodeTaintsPolicy *string, 8 matchLabelKeys []string',
  Volume: '1 name *string, 2 volumeSource ~VolumeSource',
  VolumeMountStatus: '1 name *string, 2 mountPath *string, 3 readOnly bool, 4 recursiveReadOnly *string',
  WeightedPodAffinityTerm: '1 weight *int, 2 podAffinityTerm PodAffinityTerm',
} as const
