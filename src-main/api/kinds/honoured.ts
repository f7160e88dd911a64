import { isJsonObject } from '../../lib/json.ts'
import type { PodSpec } from '../types.ts'
import { honouredKinds } from './honoured-kinds.ts'
import type { NotHonoured } from './kind.ts'

/** A place in an object that a pattern leads to. */
interface Place {
  field: string
  /** The last step: the name of a member. */
  name: string
  value: unknown
}

/** A field that is accepted but that nothing acts on yet. */
export interface Rule {
  /** Path below the spec; `*` is every element or member, `a|b` either name. Empty: the spec itself. */
  path: string
  /** What happens instead; a user reads it after the field's name. */
  why: string
  /** Narrows the rule to some values or names. */
  when?(place: Place): boolean
}

const VOLUMES = ['name', 'emptyDir', 'hostPath', 'configMap', 'secret', 'downwardAPI', 'projected']
const CONTAINERS = 'containers|initContainers'
const OWN_SETTING = "is not acted on yet: the server's own setting applies"

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
  { path: 'preemptionPolicy', why: 'has no effect yet: no pod makes another one leave', when: isGiven },
  { path: 'runtimeClassName', why: "has no effect yet: the server's default runtime is used", when: isGiven },
  { path: 'schedulingGates', why: 'is not waited for yet: the pod is placed at once' },
  { path: 'resourceClaims', why: 'is not acted on yet: no device is handed to the pod' },
  {
    path: 'securityContext.fsGroupChangePolicy',
    why: 'is not looked at yet: the files that Coxswain writes get the group anew each time',
  },
  {
    path: 'securityContext.seLinuxOptions|windowsOptions|supplementalGroupsPolicy',
    why: OWN_SETTING,
  },
  {
    path: 'hostUsers',
    why: "is not acted on yet: the pod uses the server's own users",
    when: ({ value }) => value === false,
  },
  { path: 'setHostnameAsFQDN', why: 'is not acted on yet: the host name stays short', when: isTrue },
  {
    path: 'schedulerName',
    why: 'is not looked at: Coxswain places every pod itself',
    when: ({ value }) => value !== '' && value !== 'default-scheduler',
  },
]

/** Every write of a pod is held against the rules, so their paths are taken apart once: each step as its names. */
const podSteps = podRules.map(rule => ({
  ...rule,
  steps: rule.path.split('.').map(step => step.split('|')),
}))

/** The fields of a pod's spec, which stands at `field`, that have no effect yet. */
export function podNotHonoured(spec: PodSpec | undefined, field: string): NotHonoured[] {
  const found: NotHonoured[] = []
  for (const { steps, why, when } of podSteps) {
    follow({ field, name: '', value: spec }, steps, place => {
      if (place.value !== undefined && (!when || when(place))) found.push({ field: place.field, why })
    })
  }
  return found
}

/** That nothing acts on a kind yet, as long as the table says so. */
export function storedOnly(resource: string): NotHonoured[] {
  const known = honouredKinds[resource]
  return known?.honoured === 'stored' ? [{ field: 'spec', why: known.what }] : []
}

/** Calls `reached` with every place that the steps lead to from `place`. */
function follow(
  { field, name, value }: Place,
  [names, ...rest]: readonly (readonly string[])[],
  reached: (place: Place) => void,
): void {
  if (!names) return reached({ field, name, value })
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) =>
      follow({ field: `${field}[${index}]`, name: names.join('|'), value: item }, rest, reached),
    )
    return
  }
  if (!isJsonObject(value)) return
  for (const member of names[0] === '*' ? Object.keys(value) : names) {
    if (!Object.hasOwn(value, member)) continue
    follow({ field: `${field}.${member}`, name: member, value: value[member] }, rest, reached)
  }
}
