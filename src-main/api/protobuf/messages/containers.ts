/** What a container is made of. How a field is written: `../messages.ts`. */
export const containers = {
  AppArmorProfile: '1 type *string, 2 localhostProfile *string',
  Capabilities: '1 add []string, 2 drop []string',
  ConfigMapEnvSource: '1 localObjectReference ~LocalObjectReference, 2 optional *bool',
  ConfigMapKeySelector: '1 localObjectReference ~LocalObjectReference, 2 key *string, 3 optional *bool',
  Container:
    '1 name *string, 2 image, 3 command []string, 4 args []string, 5 workingDir, 6 ports []ContainerPort, 7 env []EnvVar, 8 resources ResourceRequirements, 9 volumeMounts []VolumeMount, 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath, 14 imagePullPolicy, 15 securityContext SecurityContext, 16 stdin bool, 17 stdinOnce bool, 18 tty bool, 19 envFrom []EnvFromSource, 20 terminationMessagePolicy, 21 volumeDevices []VolumeDevice, 22 startupProbe Probe, 23 resizePolicy []ContainerResizePolicy, 24 restartPolicy *string',
  ContainerPort: '1 name, 2 hostPort int, 3 containerPort *int, 4 protocol, 5 hostIP',
  ContainerResizePolicy: '1 resourceName *string, 2 restartPolicy *string',
  EnvFromSource: '1 prefix, 2 configMapRef ConfigMapEnvSource, 3 secretRef SecretEnvSource',
  EnvVar: '1 name *string, 2 value, 3 valueFrom EnvVarSource',
  EnvVarSource:
    '1 fieldRef ObjectFieldSelector, 2 resourceFieldRef ResourceFieldSelector, 3 configMapKeyRef ConfigMapKeySelector, 4 secretKeyRef SecretKeySelector',
  EphemeralContainerCommon:
    '1 name *string, 2 image, 3 command []string, 4 args []string, 5 workingDir, 6 ports []ContainerPort, 7 env []EnvVar, 8 resources ResourceRequirements, 9 volumeMounts []VolumeMount, 10 livenessProbe Probe, 11 readinessProbe Probe, 12 lifecycle Lifecycle, 13 terminationMessagePath, 14 imagePullPolicy, 15 securityContext SecurityContext, 16 stdin bool, 17 stdinOnce bool, 18 tty bool, 19 envFrom []EnvFromSource, 20 terminationMessagePolicy, 21 volumeDevices []VolumeDevice, 22 startupProbe Probe, 23 resizePolicy []ContainerResizePolicy, 24 restartPolicy *string',
  ExecAction: '1 command []string',
  GRPCAction: '1 port *int, 2 service *string',
  HTTPGetAction: '1 path, 2 port *IntOrString, 3 host, 4 scheme, 5 httpHeaders []HTTPHeader',
  HTTPHeader: '1 name *string, 2 value *string',
  Lifecycle: '1 postStart LifecycleHandler, 2 preStop LifecycleHandler, 3 stopSignal *string',
  LifecycleHandler:
    '1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 sleep SleepAction',
  Probe:
    '1 handler ~ProbeHandler, 2 initialDelaySeconds int, 3 timeoutSeconds int, 4 periodSeconds int, 5 successThreshold int, 6 failureThreshold int, 7 terminationGracePeriodSeconds *int',
  ProbeHandler: '1 exec ExecAction, 2 httpGet HTTPGetAction, 3 tcpSocket TCPSocketAction, 4 grpc GRPCAction',
  ResourceClaim: '1 name *string, 2 request',
  ResourceRequirements: '1 limits {}Quantity, 2 requests {}Quantity, 3 claims []ResourceClaim',
  SELinuxOptions: '1 user, 2 role, 3 type, 4 level',
  SeccompProfile: '1 type *string, 2 localhostProfile *string',
  SecretEnvSource: '1 localObjectReference ~LocalObjectReference, 2 optional *bool',
  SecretKeySelector: '1 localObjectReference ~LocalObjectReference, 2 key *string, 3 optional *bool',
  SecurityContext:
    '1 capabilities Capabilities, 2 privileged *bool, 3 seLinuxOptions SELinuxOptions, 4 runAsUser *int, 5 runAsNonRoot *bool, 6 readOnlyRootFilesystem *bool, 7 allowPrivilegeEscalation *bool, 8 runAsGroup *int, 9 procMount *string, 10 windowsOptions WindowsSecurityContextOptions, 11 seccompProfile SeccompProfile, 12 appArmorProfile AppArmorProfile',
  SleepAction: '1 seconds *int',
  TCPSocketAction: '1 port *IntOrString, 2 host',
  VolumeDevice: '1 name *string, 2 devicePath *string',
  VolumeMount:
    '1 name *string, 2 readOnly bool, 3 mountPath *string, 4 subPath, 5 mountPropagation *string, 6 subPathExpr, 7 recursiveReadOnly *string',
  WindowsSecurityContextOptions:
    '1 gmsaCredentialSpecName *string, 2 gmsaCredentialSpec *string, 3 runAsUserName *string, 4 hostProcess *bool',
} as const
