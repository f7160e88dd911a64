import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { PodSpec } from '../types.ts'
import { validateFieldRef, validateResourceFieldRef } from './environment.ts'
import { checkText, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { dnsLabel, dnsSubdomain, pathInside } from './text-rules.ts'

type Volume = NonNullable<PodSpec['volumes']>[number]
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number]
type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number]
type Item = { key?: string; path: string; mode?: number }

const FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

/** Source: kubernetes pkg/apis/core/validation, ValidateVolumes. */
export function validateVolumes(volumes: readonly Volume[], field: string, errors: FieldErrors): void {
  volumes.forEach((volume, index) => {
    const path = `${field}[${index}]`
    requireText(errors, `${path}.name`, volume.name, dnsLabel)
    const sources = Object.keys(volume).filter(key => key !== 'name')
    if (sources.length === 0) errors.required(path, 'must specify a volume type')
    for (const extra of sources.slice(1)) {
      errors.forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type')
    }
    validateSource(volume, path, errors)
  })
  checkUnique(
    errors,
    volumes,
    ({ name }) => name,
    index => `${field}[${index}].name`,
  )
}

function validateSource(volume: Volume, path: string, errors: FieldErrors): void {
  const { hostPath, emptyDir, secret, configMap, downwardAPI, projected } = volume
  if (hostPath) requireText(errors, `${path}.hostPath.path`, hostPath.path, withoutParent)
  const limit = emptyDir?.sizeLimit
  if (isQuantity(limit) && (parseMilli(limit) ?? 0n) < 0n) {
    errors.forbidden(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity')
  }
  if (secret) {
    requireText(errors, `${path}.secret.secretName`, secret.secretName)
    validateFiles(secret, `${path}.secret`, errors)
  }
  if (configMap) {
    requireText(errors, `${path}.configMap.name`, configMap.name)
    validateFiles(configMap, `${path}.configMap`, errors)
  }
  if (downwardAPI) validateDownward(downwardAPI, `${path}.downwardAPI`, errors)
  if (projected) {
    checkMode(errors, `${path}.projected.defaultMode`, projected.defaultMode)
    projected.sources?.forEach((source, index) =>
      validateProjection(source, `${path}.projected.sources[${index}]`, errors),
    )
  }
  validateStorage(volume, path, errors)
}

/** Sources that keep data, of which only the references are looked at here. */
function validateStorage(
  { persistentVolumeClaim, nfs, csi, ephemeral }: Volume,
  path: string,
  errors: FieldErrors,
) {
  if (persistentVolumeClaim) {
    requireText(
      errors,
      `${path}.persistentVolumeClaim.claimName`,
      persistentVolumeClaim.claimName,
      dnsSubdomain,
    )
  }
  if (nfs) {
    requireText(errors, `${path}.nfs.server`, nfs.server)
    requireText(errors, `${path}.nfs.path`, nfs.path, absolute)
  }
  if (csi) requireText(errors, `${path}.csi.driver`, csi.driver)
  if (ephemeral && !ephemeral.volumeClaimTemplate) errors.required(`${path}.ephemeral.volumeClaimTemplate`)
}

function validateProjection(source: Projection, path: string, errors: FieldErrors): void {
  const types = Object.keys(source)
  for (const extra of types.slice(1)) {
    errors.forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type')
  }
  const { secret, configMap, downwardAPI, serviceAccountToken } = source
  if (secret) {
    requireText(errors, `${path}.secret.name`, secret.name)
    validateFiles(secret, `${path}.secret`, errors)
  }
  if (configMap) {
    requireText(errors, `${path}.configMap.name`, configMap.name)
    validateFiles(configMap, `${path}.configMap`, errors)
  }
  if (downwardAPI) validateDownward(downwardAPI, `${path}.downwardAPI`, errors)
  if (serviceAccountToken) {
    requireText(errors, `${path}.serviceAccountToken.path`, serviceAccountToken.path, pathInside)
    const seconds = serviceAccountToken.expirationSeconds ?? 3600
    if (seconds < 600) {
      const detail = 'may not specify a duration less than 10 minutes'
      errors.invalid(`${path}.serviceAccountToken.expirationSeconds`, seconds, detail)
    }
  }
}

function validateFiles(
  { items, defaultMode }: { items?: Item[]; defaultMode?: number },
  path: string,
  errors: FieldErrors,
): void {
  checkMode(errors, `${path}.defaultMode`, defaultMode)
  items?.forEach(({ key, path: target, mode }, index) => {
    const field = `${path}.items[${index}]`
    requireText(errors, `${field}.key`, key)
    requireText(errors, `${field}.path`, target, fileName)
    checkMode(errors, `${field}.mode`, mode)
  })
}

function validateDownward(
  { items, defaultMode }: { items?: DownwardItem[]; defaultMode?: number },
  path: string,
  errors: FieldErrors,
): void {
  checkMode(errors, `${path}.defaultMode`, defaultMode)
  items?.forEach((item, index) => {
    const field = `${path}.items[${index}]`
    requireText(errors, `${field}.path`, item.path, fileName)
    checkMode(errors, `${field}.mode`, item.mode)
    const { fieldRef, resourceFieldRef } = item
    if (fieldRef && resourceFieldRef) {
      errors.invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    } else if (!fieldRef && !resourceFieldRef) {
      errors.required(field, 'one of fieldRef and resourceFieldRef is required')
    }
    if (fieldRef) validateFieldRef(fieldRef, { field: `${field}.fieldRef`, supported: FIELDS }, errors)
    if (resourceFieldRef) {
      requireText(errors, `${field}.resourceFieldRef.containerName`, resourceFieldRef.containerName)
      validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, errors)
    }
  })
}

function checkMode(errors: FieldErrors, field: string, mode: number | undefined): void {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return
  errors.invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}

function fileName(path: string): string | undefined {
  return path.startsWith('..') ? "must not start with '..'" : pathInside(path)
}

function withoutParent(path: string): string | undefined {
  return path.split('/').includes('..') ? "must not contain '..'" : undefined
}

function absolute(path: string): string | undefined {
  return path.startsWith('/') ? undefined : 'must be an absolute path'
}

/** A name that text refers to, such as that of a pull secret. */
export function validateReferences(
  references: readonly { name?: string }[] | undefined,
  field: string,
  errors: FieldErrors,
): void {
  references?.forEach(({ name }, index) => {
    if (!name) errors.required(`${field}[${index}].name`)
    else checkText(errors, `${field}[${index}].name`, name, dnsSubdomain)
  })
}
