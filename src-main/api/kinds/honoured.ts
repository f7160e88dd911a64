import type { PodSpec } from '../types.ts'
import { fieldFinder, type Place, type Rule } from './field-rules.ts'
import { honouredKinds } from './honoured-kinds.ts'
import type { NotHonoured } from './kind.ts'

const VOLUMES = ['name', 'emptyDir', 'hostPath', 'configMap', 'secret', 'downwardAPI', 'projected']
const CONTAINERS = 'containers|initContainers'
const OWN_SETTING = "is not acted on yet: the server's own setting applies"

const NO_SCTP = 'is not carried yet: a port of the server or a Service leads nothing of SCTP to it'

const isSctp = ({ value }: Place) => value === 'SCTP'
const isGiven = ({ value }: Place) => value !== ''
const isTrue = ({ value }: Place) => value === true

/**
 * What a pod's spec may say without effect so far: the one place that knows, for the warnings, the events and
 * docs/manifests.md. Whatever begins to honour a field removes its line here.
 */
export const podRules: readonly Rule[] = [
  {
    path: `${CONTAINERS}.*.volumeDevices`,
    why: 'is not acted on yet: the container starts without the block device',
  },
  {
    path: `${CONTAINERS}.*.resizePolicy`,
    why: 'is not acted on yet: a pod keeps the resources that it was made with',
  },
  {
    path: 'containers.*.restartPolicy',
    why: "is not acted on yet: the pod's own restartPolicy applies",
  },
  {
    path: 'initContainers.*.restartPolicy',
    why: "is not acted on yet: the pod's own restartPolicy applies",
    when: ({ value }) => value !== 'Always',
  },
  {
    path: `${CONTAINERS}.*.restartPolicyRules`,
    why: 'is not acted on yet: the exit code makes no difference',
  },
  {
    path: `${CONTAINERS}.*.resources.claims`,
    why: 'is not acted on yet: no device is handed to the container',
  },
  {
    path: `${CONTAINERS}.*.env.*.valueFrom.fileKeyRef`,
    why: 'is not read yet: the variable is missing',
  },
  {
    path: `${CONTAINERS}.*.volumeMounts.*.recursiveReadOnly`,
    why: 'is not acted on yet: what is mounted below the volume can be written to',
    when: ({ value }) => value === 'IfPossible' || value === 'Enabled',
  },
  {
    path: `${CONTAINERS}.*.ports.*.protocol`,
    why: NO_SCTP,
    when: isSctp,
  },
  {
    path: `${CONTAINERS}.*.securityContext.seLinuxOptions|windowsOptions|procMount`,
    why: OWN_SETTING,
  },
  {
    path: 'affinity.podAffinity',
    why: 'is not looked at yet: the pod is placed without regard to other pods',
  },
  {
    path: 'affinity.podAntiAffinity',
    why: 'is not looked at yet: pods of one owner are spread over the servers, but two may share one',
  },
  {
    path: 'topologySpreadConstraints',
    why: 'is not looked at yet: pods of one owner are spread over the servers, without a strict limit',
  },
  {
    path: 'volumes.*.*',
    why: 'is not supported yet: a pod with this volume does not start',
    when: ({ name }) => !VOLUMES.includes(name),
  },
  {
    path: 'volumes.*.projected.sources.*.serviceAccountToken|clusterTrustBundle|podCertificate',
    why: 'is not projected yet: the file is missing in the volume',
  },
  {
    path: 'serviceAccountName',
    why: 'has no effect yet: the pod gets no token for the API',
    when: ({ value }) => value !== '' && value !== 'default',
  },
  {
    path: 'automountServiceAccountToken',
    why: 'has no effect yet: the pod gets no token for the API',
    when: isTrue,
  },
  { path: 'preemptionPolicy', why: 'has no effect yet: no pod makes another one leave', when: isGiven },
  { path: 'runtimeClassName', why: "has no effect yet: the server's default runtime is used", when: isGiven },
  { path: 'schedulingGates', why: 'is not waited for yet: the pod is placed at once' },
  { path: 'schedulingGroup', why: 'is not waited for yet: the pod is placed at once' },
  { path: 'resources', why: "is not acted on yet: each container's own resources apply" },
  { path: 'resourceClaims', why: 'is not acted on yet: no device is handed to the pod' },
  {
    path: 'securityContext.fsGroupChangePolicy',
    why: 'is not looked at yet: the files that Coxswain writes get the group anew each time',
  },
  {
    path: 'securityContext.seLinuxOptions|seLinuxChangePolicy|windowsOptions|supplementalGroupsPolicy',
    why: OWN_SETTING,
  },
  {
    path: 'hostUsers',
    why: "is not acted on yet: the pod uses the server's own users",
    when: ({ value }) => value === false,
  },
  {
    path: 'hostnameOverride',
    why: 'is not acted on yet: the host name is what it is without it',
    when: isGiven,
  },
  {
    path: 'os.name',
    why: 'is not looked at: every pod runs on Linux',
    when: ({ value }) => value !== '' && value !== 'linux',
  },
  { path: 'setHostnameAsFQDN', why: 'is not acted on yet: the host name stays short', when: isTrue },
  {
    path: 'schedulerName',
    why: 'is not looked at: Coxswain places every pod itself',
    when: ({ value }) => value !== '' && value !== 'default-scheduler',
  },
]

const inPod = fieldFinder(podRules)

/** The fields of a pod's spec, which stands at `field`, that have no effect yet. */
export function podNotHonoured(spec: PodSpec | undefined, field: string): readonly NotHonoured[] {
  return inPod(spec, field)
}

/** That nothing acts on a kind yet, as long as the table says so. */
export function storedOnly(resource: string): NotHonoured[] {
  const known = honouredKinds[resource]
  return known?.honoured === 'stored' ? [{ field: 'spec', why: known.what }] : []
}
