import { parseMilli } from '../../lib/quantity.ts'
import type { Container } from '../types.ts'
import { checkText, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { configKey, envName, qualifiedName } from './text-rules.ts'

type EnvVar = NonNullable<Container['env']>[number]
type ValueFrom = NonNullable<EnvVar['valueFrom']>

const FIELDS = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName',
  'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
] // prettier-ignore
const RESOURCES = [
  'limits.cpu', 'limits.memory', 'limits.ephemeral-storage',
  'requests.cpu', 'requests.memory', 'requests.ephemeral-storage',
] // prettier-ignore

/** Source: kubernetes pkg/apis/core/validation, ValidateEnv and ValidateEnvFrom. */
export function validateEnvironment(
  { env, envFrom }: Pick<Container, 'env' | 'envFrom'>,
  field: string,
  errors: FieldErrors,
): void {
  env?.forEach((variable, index) => validateVariable(variable, `${field}.env[${index}]`, errors))
  envFrom?.forEach(({ prefix, configMapRef, secretRef }, index) => {
    const path = `${field}.envFrom[${index}]`
    checkText(errors, `${path}.prefix`, prefix, envName)
    if (configMapRef && secretRef) {
      errors.invalid(path, '', 'may not have more than one field specified at a time')
    } else if (!configMapRef && !secretRef) {
      errors.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
    }
    if (configMapRef) requireText(errors, `${path}.configMapRef.name`, configMapRef.name)
    if (secretRef) requireText(errors, `${path}.secretRef.name`, secretRef.name)
  })
}

function validateVariable({ name, value, valueFrom }: EnvVar, field: string, errors: FieldErrors): void {
  requireText(errors, `${field}.name`, name, envName)
  if (!valueFrom) return
  const path = `${field}.valueFrom`
  const sources = Object.keys(valueFrom)
  if (sources.length === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'
    errors.invalid(path, '', detail)
  } else if (value) errors.invalid(path, '', 'may not be specified when `value` is not empty')
  else if (sources.length > 1) {
    errors.invalid(path, '', 'may not have more than one field specified at a time')
  }
  validateSource(valueFrom, path, errors)
}

function validateSource(source: ValueFrom, field: string, errors: FieldErrors): void {
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const reference = source[kind]
    if (!reference) continue
    requireText(errors, `${field}.${kind}.name`, reference.name)
    requireText(errors, `${field}.${kind}.key`, reference.key, configKey)
  }
  if (source.fieldRef) {
    validateFieldRef(source.fieldRef, { field: `${field}.fieldRef`, supported: FIELDS }, errors)
  }
  if (source.resourceFieldRef) {
    validateResourceFieldRef(source.resourceFieldRef, `${field}.resourceFieldRef`, errors)
  }
}

/** `metadata.labels['KEY']` and `metadata.annotations['KEY']` are allowed besides the `supported` fields. */
export function validateFieldRef(
  { fieldPath }: { fieldPath?: string },
  { field, supported }: { field: string; supported: readonly string[] },
  errors: FieldErrors,
): void {
  const path = `${field}.fieldPath`
  if (!fieldPath) {
    errors.required(path)
    return
  }
  const subscript = /^([^[]*)\['(.*)'\]$/.exec(fieldPath)
  if (!subscript) {
    if (!supported.includes(fieldPath)) errors.notSupported(path, fieldPath, supported)
    return
  }
  const [, base = '', key = ''] = subscript
  if (base !== 'metadata.labels' && base !== 'metadata.annotations') {
    errors.invalid(path, fieldPath, 'does not support subscript')
    return
  }
  const wrong = qualifiedName(key)
  if (wrong) errors.invalid(path, key, wrong)
}

export function validateResourceFieldRef(
  { resource, divisor }: { resource?: string; divisor?: string | number },
  field: string,
  errors: FieldErrors,
): void {
  if (!resource) errors.required(`${field}.resource`)
  else if (!RESOURCES.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    errors.notSupported(`${field}.resource`, resource, RESOURCES)
  }
  if (divisor === undefined || !resource?.endsWith('.cpu')) return
  const milli = parseMilli(divisor)
  if (milli !== undefined && milli !== 0n && milli !== 1n && milli !== 1000n) {
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource"
    errors.invalid(`${field}.divisor`, String(divisor), detail)
  }
}
