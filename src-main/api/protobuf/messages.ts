/**
 * Field numbers of Kubernetes' messages, as far as clients send them as protobuf: the objects that kubectl's `create`
 * commands, `autoscale` and `auth` make, Helm's Secrets, and DeleteOptions. Source: the facts of generated.proto in
 * k8s.io/api and k8s.io/apimachinery.
 *
 * A field is written `NUMBER name TYPE`. Without a type it is text. `[]T` is a list, `{}T` a map from text.
 * `*int` and `*bool` are pointers in Go: there zero is a value, elsewhere it means absent. `~T` is an embedded struct,
 * whose fields belong to its owner. `Blank` must carry nothing: clients send an empty status with each object.
 */
const pod = {
  LocalObjectReference: '1 name',
  ObjectReference: '1 kind, 2 namespace, 3 name, 4 uid, 5 apiVersion, 6 resourceVersion, 7 fieldPath',
  ContainerPort: '1 name, 2 hostPort int, 3 containerPort int, 4 protocol, 5 hostIP',
  ObjectFieldSelector: '1 apiVersion, 2 fieldPath',
  ResourceFieldSelector: '1 containerName, 2 resource, 3 divisor Quantity',
  KeySelector: '1 ref ~LocalObjectReference, 2 key, 3 optional *bool',
  EnvVarSource:
    '1 fieldRef ObjectFieldSelector, 2 resourceFieldRef ResourceFieldSelector, 3 configMapKeyRef KeySelector, 4 secretKeyRef KeySelector',
  EnvVar: '1 name, 2 value, 3 valueFrom EnvVarSource',
  EnvSource: '1 ref ~LocalObjectReference, 2 optional *bool',
  EnvFromSource: '1 prefix, 2 configMapRef EnvSource, 3 secretRef EnvSource',
  ResourceRequirements: '1 limits {}Quantity, 2 requests {}Quantity',
  VolumeMount:
    '1 name, 2 readOnly bool, 3 mountPath, 4 subPath, 5 mountPropagation, 6 subPathExpr, 7 recursiveReadOnly',
  ExecAction: '1 command []string',
  HTTPHeader: '1 name, 2 value',
  HTTPGetAction: '1 path, 2 port IntOrString, 3 host, 4 scheme, 5 httpHeaders []HTTPHeader',
  TCPSocketAction: '1 port IntOrString, 2 host',
  GRPCAction: '1 port int, 2 service',
  SleepAction: '1 seconds int',
  ProbeHandler: '1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 grpc GRPCAction',
  Probe:
    '1 handler ~ProbeHandler, 2 initialDelaySeconds int, 3 timeoutSeconds int, 4 periodSeconds int, 5 successThreshold int, 6 failureThreshold int, 7 terminationGracePeriodSeconds *int',
  LifecycleHandler:
    '1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 sleep SleepAction',
  Lifecycle: '1 postStart LifecycleHandler, 2 preStop LifecycleHandler, 3 stopSignal',
  Capabilities: '1 add []string, 2 drop []string',
  SeccompProfile: '1 type, 2 localhostProfile',
  SecurityContext:
    '1 capabilities Capabilities, 2 privileged *bool, 4 runAsUser *int, 5 runAsNonRoot *bool, 6 readOnlyRootFilesystem *bool, 7 allowPrivilegeEscalation *bool, 8 runAsGroup *int, 9 procMount, 11 seccompProfile SeccompProfile',
  Container:
    '1 name, 2 image, 3 command []string, 4 args []string, 5 workingDir, 6 ports []ContainerPort, 7 env []EnvVar, 8 resources ResourceRequirements, 9 volumeMounts []VolumeMount, 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath, 14 imagePullPolicy, 15 securityContext SecurityContext, 16 stdin bool, 17 stdinOnce bool, 18 tty bool, 19 envFrom []EnvFromSource, 20 terminationMessagePolicy, 22 startupProbe Probe, 24 restartPolicy',
  HostPathVolumeSource: '1 path, 2 type',
  EmptyDirVolumeSource: '1 medium, 2 sizeLimit Quantity',
  KeyToPath: '1 key, 2 path, 3 mode *int',
  SecretVolumeSource: '1 secretName, 2 items []KeyToPath, 3 defaultMode *int, 4 optional *bool',
  ConfigMapVolumeSource:
    '1 ref ~LocalObjectReference, 2 items []KeyToPath, 3 defaultMode *int, 4 optional *bool',
  PersistentVolumeClaimVolumeSource: '1 claimName, 2 readOnly bool',
  VolumeSource:
    '1 hostPath HostPathVolumeSource, 2 emptyDir EmptyDirVolumeSource, 6 secret SecretVolumeSource, 10 persistentVolumeClaim PersistentVolumeClaimVolumeSource, 19 configMap ConfigMapVolumeSource',
  Volume: '1 name, 2 source ~VolumeSource',
  PodSecurityContext:
    '2 runAsUser *int, 3 runAsNonRoot *bool, 4 supplementalGroups []int, 5 fsGroup *int, 6 runAsGroup *int, 9 fsGroupChangePolicy, 10 seccompProfile SeccompProfile',
  Toleration: '1 key, 2 operator, 3 value, 4 effect, 5 tolerationSeconds *int',
  PodSpec:
    '1 volumes []Volume, 2 containers []Container, 3 restartPolicy, 4 terminationGracePeriodSeconds *int, 5 activeDeadlineSeconds *int, 6 dnsPolicy, 7 nodeSelector {}string, 8 serviceAccountName, 9 serviceAccount, 10 nodeName, 11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 14 securityContext PodSecurityContext, 15 imagePullSecrets []LocalObjectReference, 16 hostname, 17 subdomain, 19 schedulerName, 20 initContainers []Container, 21 automountServiceAccountToken *bool, 22 tolerations []Toleration, 24 priorityClassName, 25 priority *int, 27 shareProcessNamespace *bool, 29 runtimeClassName, 30 enableServiceLinks *bool, 31 preemptionPolicy',
  PodTemplateSpec: '1 metadata ObjectMeta, 2 spec PodSpec',
} as const

const meta = {
  OwnerReference: '1 kind, 3 name, 4 uid, 5 apiVersion, 6 controller *bool, 7 blockOwnerDeletion *bool',
  ObjectMeta:
    '1 name, 2 generateName, 3 namespace, 4 selfLink, 5 uid, 6 resourceVersion, 7 generation int, 8 creationTimestamp Time, 9 deletionTimestamp Time, 10 deletionGracePeriodSeconds *int, 11 labels {}string, 12 annotations {}string, 13 ownerReferences []OwnerReference, 14 finalizers []string',
  LabelSelectorRequirement: '1 key, 2 operator, 3 values []string',
  LabelSelector: '1 matchLabels {}string, 2 matchExpressions []LabelSelectorRequirement',
  Preconditions: '1 uid, 2 resourceVersion',
  DeleteOptions:
    '1 gracePeriodSeconds *int, 2 preconditions Preconditions, 3 orphanDependents *bool, 4 propagationPolicy, 5 dryRun []string',
} as const

const core = {
  NamespaceSpec: '1 finalizers []string',
  Namespace: '1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status Blank',
  ConfigMap: '1 metadata ObjectMeta, 2 data {}string, 3 binaryData {}bytes, 4 immutable *bool',
  Secret: '1 metadata ObjectMeta, 2 data {}bytes, 3 type, 4 stringData {}string, 5 immutable *bool',
  ServiceAccount:
    '1 metadata ObjectMeta, 2 secrets []ObjectReference, 3 imagePullSecrets []LocalObjectReference, 4 automountServiceAccountToken *bool',
  ServicePort: '1 name, 2 protocol, 3 port int, 4 targetPort IntOrString, 5 nodePort int, 6 appProtocol',
  ClientIPConfig: '1 timeoutSeconds *int',
  SessionAffinityConfig: '1 clientIP ClientIPConfig',
  ServiceSpec:
    '1 ports []ServicePort, 2 selector {}string, 3 clusterIP, 4 type, 5 externalIPs []string, 7 sessionAffinity, 8 loadBalancerIP, 9 loadBalancerSourceRanges []string, 10 externalName, 11 externalTrafficPolicy, 12 healthCheckNodePort int, 13 publishNotReadyAddresses bool, 14 sessionAffinityConfig SessionAffinityConfig, 17 ipFamilyPolicy, 18 clusterIPs []string, 19 ipFamilies []string, 20 allocateLoadBalancerNodePorts *bool, 21 loadBalancerClass, 22 internalTrafficPolicy, 23 trafficDistribution',
  Service: '1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status Blank',
  Pod: '1 metadata ObjectMeta, 2 spec PodSpec, 3 status Blank',
  ResourceQuotaSpec: '1 hard {}Quantity, 2 scopes []string',
  ResourceQuota: '1 metadata ObjectMeta, 2 spec ResourceQuotaSpec, 3 status Blank',
} as const

const workloads = {
  RollingUpdate: '1 maxUnavailable IntOrString, 2 maxSurge IntOrString',
  DeploymentStrategy: '1 type, 2 rollingUpdate RollingUpdate',
  DeploymentSpec:
    '1 replicas *int, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy DeploymentStrategy, 5 minReadySeconds int, 6 revisionHistoryLimit *int, 7 paused bool, 9 progressDeadlineSeconds *int',
  Deployment: '1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status Blank',
  JobSpec:
    '1 parallelism *int, 2 completions *int, 3 activeDeadlineSeconds *int, 4 selector LabelSelector, 5 manualSelector *bool, 6 template PodTemplateSpec, 7 backoffLimit *int, 8 ttlSecondsAfterFinished *int, 9 completionMode, 10 suspend *bool, 12 backoffLimitPerIndex *int, 13 maxFailedIndexes *int, 14 podReplacementPolicy, 15 managedBy',
  Job: '1 metadata ObjectMeta, 2 spec JobSpec, 3 status Blank',
  JobTemplateSpec: '1 metadata ObjectMeta, 2 spec JobSpec',
  CronJobSpec:
    '1 schedule, 2 startingDeadlineSeconds *int, 3 concurrencyPolicy, 4 suspend *bool, 5 jobTemplate JobTemplateSpec, 6 successfulJobsHistoryLimit *int, 7 failedJobsHistoryLimit *int, 8 timeZone',
  CronJob: '1 metadata ObjectMeta, 2 spec CronJobSpec, 3 status Blank',
  ScaleSpec: '1 replicas *int',
  Scale: '1 metadata ObjectMeta, 2 spec ScaleSpec, 3 status Blank',
  CrossVersionObjectReference: '1 kind, 2 name, 3 apiVersion',
  HorizontalPodAutoscalerSpecV1:
    '1 scaleTargetRef CrossVersionObjectReference, 2 minReplicas *int, 3 maxReplicas int, 4 targetCPUUtilizationPercentage *int',
  HorizontalPodAutoscalerV1: '1 metadata ObjectMeta, 2 spec HorizontalPodAutoscalerSpecV1, 3 status Blank',
  MetricTarget: '1 type, 2 value Quantity, 3 averageValue Quantity, 4 averageUtilization *int',
  ResourceMetricSource: '1 name, 2 target MetricTarget',
  MetricSpec: '1 type, 4 resource ResourceMetricSource',
  HorizontalPodAutoscalerSpec:
    '1 scaleTargetRef CrossVersionObjectReference, 2 minReplicas *int, 3 maxReplicas int, 4 metrics []MetricSpec',
  HorizontalPodAutoscaler: '1 metadata ObjectMeta, 2 spec HorizontalPodAutoscalerSpec, 3 status Blank',
  PodDisruptionBudgetSpec:
    '1 minAvailable IntOrString, 2 selector LabelSelector, 3 maxUnavailable IntOrString, 4 unhealthyPodEvictionPolicy',
  PodDisruptionBudget: '1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec, 3 status Blank',
  PriorityClass:
    '1 metadata ObjectMeta, 2 value int, 3 globalDefault bool, 4 description, 5 preemptionPolicy',
  Eviction: '1 metadata ObjectMeta, 2 deleteOptions DeleteOptions',
} as const

const networking = {
  ServiceBackendPort: '1 name, 2 number int',
  IngressServiceBackend: '1 name, 2 port ServiceBackendPort',
  IngressBackend: '4 service IngressServiceBackend',
  IngressTLS: '1 hosts []string, 2 secretName',
  HTTPIngressPath: '1 path, 2 backend IngressBackend, 3 pathType',
  HTTPIngressRuleValue: '1 paths []HTTPIngressPath',
  IngressRuleValue: '1 http HTTPIngressRuleValue',
  IngressRule: '1 host, 2 value ~IngressRuleValue',
  IngressSpec:
    '1 defaultBackend IngressBackend, 2 tls []IngressTLS, 3 rules []IngressRule, 4 ingressClassName',
  Ingress: '1 metadata ObjectMeta, 2 spec IngressSpec, 3 status Blank',
} as const

const access = {
  Subject: '1 kind, 2 apiGroup, 3 name, 4 namespace',
  RoleRef: '1 apiGroup, 2 kind, 3 name',
  RoleBinding: '1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef',
  PolicyRule:
    '1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string, 5 nonResourceURLs []string',
  Role: '1 metadata ObjectMeta, 2 rules []PolicyRule',
  AggregationRule: '1 clusterRoleSelectors []LabelSelector',
  ClusterRole: '1 metadata ObjectMeta, 2 rules []PolicyRule, 3 aggregationRule AggregationRule',
  ResourceAttributes: '1 namespace, 2 verb, 3 group, 4 version, 5 resource, 6 subresource, 7 name',
  NonResourceAttributes: '1 path, 2 verb',
  SelfSubjectAccessReviewSpec:
    '1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes',
  SelfSubjectAccessReview: '1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status Blank',
  SubjectAccessReviewSpec:
    '1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes, 3 user, 4 groups []string, 6 uid',
  SubjectAccessReview: '1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec, 3 status Blank',
  SelfSubjectRulesReviewSpec: '1 namespace',
  SelfSubjectRulesReview: '1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec, 3 status Blank',
  SelfSubjectReview: '1 metadata ObjectMeta, 2 status Blank',
  TokenReviewSpec: '1 token, 2 audiences []string',
  TokenReview: '1 metadata ObjectMeta, 2 spec TokenReviewSpec, 3 status Blank',
  BoundObjectReference: '1 kind, 2 apiVersion, 3 name, 4 uid',
  TokenRequestSpec: '1 audiences []string, 3 boundObjectRef BoundObjectReference, 4 expirationSeconds *int',
  TokenRequest: '1 metadata ObjectMeta, 2 spec TokenRequestSpec, 3 status Blank',
} as const

export const messages: Readonly<Record<string, string>> = {
  ...meta,
  ...pod,
  ...core,
  ...workloads,
  ...networking,
  ...access,
}

/** The message of a kind that is not simply called as the kind is, or undefined where none is known. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  // DeleteOptions come under the group of what is deleted.
  if (kind === 'DeleteOptions') return kind
  const name = ALIASES[`${apiVersion} ${kind}`] ?? kind
  return GROUPS[kind] === group ? name : undefined
}

const ALIASES: Readonly<Record<string, string>> = {
  'autoscaling/v1 HorizontalPodAutoscaler': 'HorizontalPodAutoscalerV1',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': 'RoleBinding',
  'authorization.k8s.io/v1 LocalSubjectAccessReview': 'SubjectAccessReview',
}

const GROUPS: Readonly<Record<string, string>> = {
  ...of('', 'Namespace', 'ConfigMap', 'Secret', 'ServiceAccount', 'Service', 'Pod', 'ResourceQuota'),
  ...of('apps', 'Deployment'),
  ...of('batch', 'Job', 'CronJob'),
  ...of('autoscaling', 'HorizontalPodAutoscaler', 'Scale'),
  ...of('policy', 'PodDisruptionBudget', 'Eviction'),
  ...of('scheduling.k8s.io', 'PriorityClass'),
  ...of('networking.k8s.io', 'Ingress'),
  ...of('rbac.authorization.k8s.io', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'),
  ...of(
    'authorization.k8s.io',
    'SelfSubjectAccessReview',
    'SelfSubjectRulesReview',
    'SubjectAccessReview',
    'LocalSubjectAccessReview',
  ),
  ...of('authentication.k8s.io', 'SelfSubjectReview', 'TokenReview', 'TokenRequest'),
}

function of(group: string, ...kinds: string[]): Record<string, string> {
  return Object.fromEntries(kinds.map(kind => [kind, group]))
}
