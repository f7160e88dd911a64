import type { Container, PodSpec } from '../types.ts'
import { checkRange, checkUnique, IDS } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'

type PodSecurity = NonNullable<PodSpec['securityContext']>
type ContainerSecurity = NonNullable<Container['securityContext']>
type Profile = NonNullable<PodSecurity['seccompProfile']>

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/

/** Source: kubernetes pkg/apis/core/validation, ValidatePodSecurityContext. */
export function validatePodSecurity(spec: PodSpec, field: string, errors: FieldErrors): void {
  if (spec.hostPID && spec.shareProcessNamespace) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.invalid(`${field}.shareProcessNamespace`, true, detail)
  }
  const context = spec.securityContext
  if (!context) return
  const path = `${field}.securityContext`
  for (const name of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
    checkRange(errors, `${path}.${name}`, context[name], IDS)
  }
  context.supplementalGroups?.forEach((group, index) => {
    checkRange(errors, `${path}.supplementalGroups[${index}]`, group, IDS)
  })
  validateProfiles(context, path, errors)
  validateSysctls(context, { field: `${path}.sysctls`, hostNetwork: spec.hostNetwork }, errors)
}

function validateSysctls(
  { sysctls = [] }: PodSecurity,
  { field, hostNetwork }: { field: string; hostNetwork: boolean | undefined },
  errors: FieldErrors,
): void {
  sysctls.forEach(({ name }, index) => {
    const path = `${field}[${index}].name`
    if (!name) errors.required(path)
    else if (name.length > 253 || !SYSCTL.test(name)) {
      errors.invalid(path, name, `must have at most 253 characters and match regex ${SYSCTL.source}`)
    } else if (hostNetwork && /^net[./]/.test(name)) {
      errors.invalid(path, name, "may not be specified when 'hostNetwork' is true")
    }
  })
  checkUnique(
    errors,
    sysctls,
    ({ name }) => name,
    index => `${field}[${index}].name`,
  )
}

/** Source: kubernetes pkg/apis/core/validation, ValidateSecurityContext. */
export function validateContainerSecurity(
  context: ContainerSecurity | undefined,
  field: string,
  errors: FieldErrors,
): void {
  if (!context) return
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    checkRange(errors, `${field}.${name}`, context[name], IDS)
  }
  validateProfiles(context, field, errors)
  if (context.allowPrivilegeEscalation !== false) return
  const path = `${field}.allowPrivilegeEscalation`
  if (context.privileged) {
    errors.invalid(path, false, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
    errors.invalid(path, false, detail)
  }
}

function validateProfiles(
  { seccompProfile, appArmorProfile }: Pick<PodSecurity, 'seccompProfile' | 'appArmorProfile'>,
  field: string,
  errors: FieldErrors,
): void {
  if (seccompProfile) validateProfile(seccompProfile, 'seccomp', `${field}.seccompProfile`, errors)
  if (appArmorProfile) validateProfile(appArmorProfile, 'AppArmor', `${field}.appArmorProfile`, errors)
}

function validateProfile(profile: Profile, what: string, field: string, errors: FieldErrors): void {
  const path = `${field}.localhostProfile`
  const local = profile.type === 'Localhost'
  if (local && !profile.localhostProfile) errors.required(path, `must be set when ${what} type is Localhost`)
  if (!local && profile.localhostProfile !== undefined) {
    errors.invalid(path, profile.localhostProfile, `can only be set when ${what} type is Localhost`)
  }
}
