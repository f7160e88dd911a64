import type { PodSpec, PodTemplateSpec } from '../types.ts'
import { validateContainers } from './containers.ts'
import { checkIp, checkNotNegative, checkRange, checkText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateTemplateMetadata } from './metadata.ts'
import { validateQuantities } from './resources.ts'
import { validateScheduling } from './scheduling.ts'
import { validatePodSecurity } from './security.ts'
import { dnsLabel, dnsSubdomain, qualifiedName } from './text-rules.ts'
import { validateReferences, validateVolumes } from './volumes.ts'

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_INT32 = 2_147_483_647

/** Source: kubernetes pkg/apis/core/validation, ValidatePodSpec. `isPod`: not the spec of a template. */
export function validatePodSpec(
  spec: PodSpec,
  { field, isPod }: { field: string; isPod: boolean },
  errors: FieldErrors,
): void {
  validateVolumes(spec.volumes ?? [], `${field}.volumes`, errors)
  validateContainers(spec, field, errors)
  validateScheduling(spec, field, errors)
  validatePodSecurity(spec, field, errors)
  validateNetwork(spec, { field, isPod }, errors)
  validateReferences(spec.imagePullSecrets, `${field}.imagePullSecrets`, errors)
  checkText(errors, `${field}.serviceAccountName`, spec.serviceAccountName, dnsSubdomain)
  checkText(errors, `${field}.priorityClassName`, spec.priorityClassName, dnsSubdomain)
  checkText(errors, `${field}.runtimeClassName`, spec.runtimeClassName, dnsSubdomain)
  checkNotNegative(errors, `${field}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds)
  checkRange(errors, `${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, [1, MAX_INT32])
  spec.readinessGates?.forEach(({ conditionType }, index) =>
    checkText(errors, `${field}.readinessGates[${index}].conditionType`, conditionType, qualifiedName),
  )
  spec.schedulingGates?.forEach(({ name }, index) =>
    checkText(errors, `${field}.schedulingGates[${index}].name`, name, qualifiedName),
  )
  validateQuantities(spec.overhead ?? {}, `${field}.overhead`, errors)
}

function validateNetwork(
  spec: PodSpec,
  { field, isPod }: { field: string; isPod: boolean },
  errors: FieldErrors,
): void {
  checkText(errors, `${field}.hostname`, spec.hostname, dnsLabel)
  checkText(errors, `${field}.subdomain`, spec.subdomain, dnsLabel)
  spec.hostAliases?.forEach(({ ip, hostnames }, index) => {
    checkIp(errors, `${field}.hostAliases[${index}].ip`, ip)
    hostnames?.forEach((name, position) =>
      checkText(errors, `${field}.hostAliases[${index}].hostnames[${position}]`, name, dnsSubdomain),
    )
  })
  validateDns(spec, field, errors)
  if (spec.hostNetwork) validateHostNetwork(spec, { field, isPod }, errors)
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string, errors: FieldErrors): void {
  const path = `${field}.dnsConfig`
  const servers = dnsConfig?.nameservers ?? []
  if (dnsPolicy === 'None' && !dnsConfig) {
    errors.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')
  } else if (dnsPolicy === 'None' && servers.length === 0) {
    errors.required(
      `${path}.nameservers`,
      'must provide at least one DNS nameserver when `dnsPolicy` is None',
    )
  }
  if (servers.length > MAX_NAMESERVERS) {
    errors.invalid(`${path}.nameservers`, servers, `must not have more than ${MAX_NAMESERVERS} nameservers`)
  }
  servers.forEach((server, index) => checkIp(errors, `${path}.nameservers[${index}]`, server))
  const searches = dnsConfig?.searches ?? []
  if (searches.length > MAX_SEARCHES) {
    errors.invalid(`${path}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`)
  }
  searches.forEach((search, index) =>
    checkText(errors, `${path}.searches[${index}]`, search.replace(/\.$/, ''), dnsSubdomain),
  )
  dnsConfig?.options?.forEach(({ name }, index) => {
    if (!name) errors.required(`${path}.options[${index}]`, 'must not be empty')
  })
}

/** A template may leave hostPort out: the pod gets it. */
function validateHostNetwork(
  { containers = [], initContainers = [] }: PodSpec,
  { field, isPod }: { field: string; isPod: boolean },
  errors: FieldErrors,
): void {
  for (const [group, members] of Object.entries({ containers, initContainers })) {
    members.forEach(({ ports = [] }, container) => {
      ports.forEach(({ hostPort = 0, containerPort }, index) => {
        if (hostPort === containerPort || (!isPod && hostPort === 0)) return
        const path = `${field}.${group}[${container}].ports[${index}].hostPort`
        errors.invalid(path, hostPort, 'must match `containerPort` when `hostNetwork` is true')
      })
    })
  }
}

/** The template of a workload that keeps its pods running. Source: ValidatePodTemplateSpecForReplicaSet. */
export function validateLongRunningTemplate(
  template: PodTemplateSpec | undefined,
  { field, kind }: { field: string; kind: string },
  errors: FieldErrors,
): void {
  validateTemplateMetadata(template?.metadata, `${field}.metadata`, errors)
  const spec = template?.spec
  if (!spec) {
    errors.required(`${field}.spec.containers`)
    return
  }
  validatePodSpec(spec, { field: `${field}.spec`, isPod: false }, errors)
  if (spec.restartPolicy && spec.restartPolicy !== 'Always') {
    errors.notSupported(`${field}.spec.restartPolicy`, spec.restartPolicy, ['Always'])
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`
    errors.forbidden(`${field}.spec.activeDeadlineSeconds`, detail)
  }
  if (spec.ephemeralContainers?.length) {
    errors.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
  }
}
