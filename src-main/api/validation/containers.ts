import type { Container, PodSpec } from '../types.ts'
import { validateEnvironment } from './environment.ts'
import { checkIp, checkPort, checkText, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { type ProbeRole, validateHandler, validateProbe } from './handlers.ts'
import { validateResources } from './resources.ts'
import { validateContainerSecurity } from './security.ts'
import { dnsLabel, pathInside, portName } from './text-rules.ts'

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure']
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers']
const MAX_RESTART_RULES = 20
const PROBES: readonly ProbeRole[] = ['livenessProbe', 'readinessProbe', 'startupProbe']
const RUNNING_ONLY = [...PROBES, 'lifecycle'] as const
const NOT_EPHEMERAL = [...RUNNING_ONLY, 'ports', 'resources'] as const

/** All containers of a pod. Source: kubernetes pkg/apis/core/validation, validateContainers and its kin. */
export function validateContainers(spec: PodSpec, field: string, errors: FieldErrors): void {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec
  if (containers.length === 0) errors.required(`${field}.containers`)
  const volumes = new Set((spec.volumes ?? []).map(volume => volume.name))
  const groups = { containers, initContainers, ephemeralContainers: ephemeralContainers as Container[] }
  const all: { name: string; path: string }[] = []
  for (const [group, members] of Object.entries(groups)) {
    members.forEach((container, index) => {
      const path = `${field}.${group}[${index}]`
      all.push({ name: container.name, path })
      validateContainer(container, { path, volumes }, errors)
    })
  }
  checkUnique(
    errors,
    all,
    ({ name }) => name,
    index => `${all[index]?.path}.name`,
  )
  initContainers.forEach((container, index) =>
    validateInitContainer(container, `${field}.initContainers[${index}]`, errors),
  )
  groups.ephemeralContainers.forEach((container, index) =>
    validateEphemeralContainer(container, `${field}.ephemeralContainers[${index}]`, errors),
  )
  validateHostPorts(containers, `${field}.containers`, errors)
}

function validateContainer(
  container: Container,
  { path, volumes }: { path: string; volumes: ReadonlySet<string> },
  errors: FieldErrors,
): void {
  requireText(errors, `${path}.name`, container.name, dnsLabel)
  requireText(errors, `${path}.image`, container.image, withoutMargins)
  validateRestart(container, path, errors)
  validatePorts(container, `${path}.ports`, errors)
  validateEnvironment(container, path, errors)
  validateMounts(container, { path, volumes }, errors)
  validateResources(container.resources, `${path}.resources`, errors)
  validateContainerSecurity(container.securityContext, `${path}.securityContext`, errors)
  for (const role of PROBES) {
    const probe = container[role]
    if (probe) validateProbe(probe, role, `${path}.${role}`, errors)
  }
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook]
    if (handler) validateHandler(handler, `${path}.lifecycle.${hook}`, errors)
  }
}

function withoutMargins(text: string): string | undefined {
  return text === text.trim() ? undefined : 'must not have leading or trailing whitespace'
}

/** Source: kubernetes pkg/apis/core/validation, validateContainerRestartPolicy. */
function validateRestart(
  { restartPolicy, restartPolicyRules = [] }: Container,
  path: string,
  errors: FieldErrors,
): void {
  if (restartPolicy && !RESTART_POLICIES.includes(restartPolicy)) {
    errors.notSupported(`${path}.restartPolicy`, restartPolicy, RESTART_POLICIES)
  } else if (!restartPolicy && restartPolicyRules.length > 0) {
    errors.required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used')
  }
  if (restartPolicyRules.length > MAX_RESTART_RULES) {
    errors.tooLong(`${path}.restartPolicyRules`, MAX_RESTART_RULES)
  }
  restartPolicyRules.forEach(({ action, exitCodes }, index) => {
    const field = `${path}.restartPolicyRules[${index}]`
    if (!RESTART_ACTIONS.includes(action)) errors.notSupported(`${field}.action`, action, RESTART_ACTIONS)
    if (!exitCodes) errors.required(`${field}.exitCodes`, 'must be specified')
    else if (!exitCodes.values?.length) {
      errors.invalid(`${field}.exitCodes.values`, [], 'must specify at least one value')
    } else if (!['In', 'NotIn'].includes(exitCodes.operator)) {
      errors.notSupported(`${field}.exitCodes.operator`, exitCodes.operator, ['In', 'NotIn'])
    }
  })
}

/** An init container ends by itself; only one that keeps running (a sidecar) can be probed. */
function validateInitContainer(container: Container, path: string, errors: FieldErrors): void {
  if (container.restartPolicy === 'Always') return
  for (const name of RUNNING_ONLY) {
    if (!container[name]) continue
    errors.forbidden(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always')
  }
}

function validateEphemeralContainer(container: Container, path: string, errors: FieldErrors): void {
  for (const name of NOT_EPHEMERAL) {
    if (Object.keys(container[name] ?? {}).length === 0) continue
    errors.forbidden(`${path}.${name}`, 'cannot be set for an Ephemeral Container')
  }
}

function validatePorts({ ports = [] }: Container, field: string, errors: FieldErrors): void {
  ports.forEach((port, index) => {
    const path = `${field}[${index}]`
    checkText(errors, `${path}.name`, port.name, portName)
    if (port.containerPort) checkPort(errors, `${path}.containerPort`, port.containerPort)
    else errors.required(`${path}.containerPort`)
    if (port.hostPort) checkPort(errors, `${path}.hostPort`, port.hostPort)
    checkIp(errors, `${path}.hostIP`, port.hostIP)
  })
  checkUnique(
    errors,
    ports,
    ({ name }) => name,
    index => `${field}[${index}].name`,
  )
}

/** Two containers of a pod cannot have the same port of the host. */
function validateHostPorts(containers: Container[], field: string, errors: FieldErrors): void {
  const ports = containers.flatMap(({ ports = [] }, container) =>
    ports.map((port, index) => ({ ...port, path: `${field}[${container}].ports[${index}].hostPort` })),
  )
  checkUnique(
    errors,
    ports,
    ({ hostPort, hostIP, protocol }) => (hostPort ? `${protocol}/${hostIP ?? ''}/${hostPort}` : undefined),
    index => ports[index]?.path ?? field,
  )
}

function validateMounts(
  { volumeMounts = [], volumeDevices = [], securityContext }: Container,
  { path, volumes }: { path: string; volumes: ReadonlySet<string> },
  errors: FieldErrors,
): void {
  const mountPaths = new Set<string>()
  volumeMounts.forEach((mount, index) => {
    const field = `${path}.volumeMounts[${index}]`
    if (!mount.name) errors.required(`${field}.name`)
    else if (!volumes.has(mount.name)) errors.notFound(`${field}.name`, mount.name)
    if (!mount.mountPath) errors.required(`${field}.mountPath`)
    else if (mountPaths.has(mount.mountPath)) {
      errors.invalid(`${field}.mountPath`, mount.mountPath, 'must be unique')
    }
    mountPaths.add(mount.mountPath)
    checkText(errors, `${field}.subPath`, mount.subPath, pathInside)
    checkText(errors, `${field}.subPathExpr`, mount.subPathExpr, pathInside)
    if (mount.subPath && mount.subPathExpr) {
      const detail = 'subPathExpr and subPath are mutually exclusive'
      errors.invalid(`${field}.subPathExpr`, mount.subPathExpr, detail)
    }
    if (mount.mountPropagation === 'Bidirectional' && !securityContext?.privileged) {
      const detail = 'Bidirectional mount propagation is available only to privileged containers'
      errors.forbidden(`${field}.mountPropagation`, detail)
    }
  })
  volumeDevices.forEach(({ name, devicePath }, index) => {
    const field = `${path}.volumeDevices[${index}]`
    if (!name) errors.required(`${field}.name`)
    else if (!volumes.has(name)) errors.notFound(`${field}.name`, name)
    requireText(errors, `${field}.devicePath`, devicePath)
  })
}
