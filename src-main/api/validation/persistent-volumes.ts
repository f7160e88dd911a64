import { equalJson } from '../../lib/json.ts'
import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../types.ts'
import { checkImmutable, checkText, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateNodeSelectorTerms } from './scheduling.ts'
import { validateLabelSelector } from './selectors.ts'
import { dnsSubdomain } from './text-rules.ts'

type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>
type VolumeSpec = PersistentVolume['spec']

const MODES = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod']
/** What of a volume's spec says anything but where the data is. */
const SETTINGS = [
  'accessModes', 'capacity', 'claimRef', 'mountOptions', 'nodeAffinity', 'persistentVolumeReclaimPolicy',
  'storageClassName', 'volumeAttributesClassName', 'volumeMode',
] // prettier-ignore

/** Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec. */
export function validateClaimSpec(spec: ClaimSpec, field: string, errors: FieldErrors): void {
  validateModes(spec.accessModes ?? [], `${field}.accessModes`, errors)
  if (spec.selector) validateLabelSelector(spec.selector, `${field}.selector`, errors)
  checkText(errors, `${field}.storageClassName`, spec.storageClassName, dnsSubdomain)
  const storage = spec.resources?.requests?.storage
  const path = `${field}.resources[storage]`
  if (storage === undefined) errors.required(path)
  else checkPositive(storage, path, errors)
  for (const name of ['dataSource', 'dataSourceRef'] as const) {
    const source = spec[name]
    if (!source) continue
    requireText(errors, `${field}.${name}.name`, source.name)
    requireText(errors, `${field}.${name}.kind`, source.kind)
    if (!source.apiGroup && source.kind !== 'PersistentVolumeClaim') {
      errors.invalid(
        `${field}.${name}`,
        source.kind,
        "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      )
    }
  }
}

/** Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate. */
export function validateClaim(
  { spec, status }: PersistentVolumeClaim,
  errors: FieldErrors,
  old?: PersistentVolumeClaim,
): void {
  validateClaimSpec(spec, 'spec', errors)
  if (!old) return
  const fixed = ({ resources: _, volumeName, volumeAttributesClassName: __, ...rest }: ClaimSpec) => ({
    ...rest,
    volumeName: old.spec.volumeName ? volumeName : '',
  })
  if (!equalJson(fixed(spec), fixed(old.spec))) {
    errors.forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    )
  }
  const size = parseMilli(spec.resources?.requests?.storage ?? '')
  const before = parseMilli(old.spec.resources?.requests?.storage ?? '')
  const has = parseMilli(status?.capacity?.storage ?? '') ?? before
  if (size !== undefined && before !== undefined && has !== undefined && size < before && size < has) {
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')
  }
}

/** Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolume. */
export function validateVolume(
  { spec }: PersistentVolume,
  errors: FieldErrors,
  old?: PersistentVolume,
): void {
  validateModes(spec.accessModes ?? [], 'spec.accessModes', errors)
  const capacity = spec.capacity ?? {}
  const names = Object.keys(capacity)
  if (names.length === 0) errors.required('spec.capacity')
  for (const name of names.filter(name => name !== 'storage')) {
    errors.notSupported('spec.capacity', name, ['storage'])
  }
  if (capacity.storage !== undefined) checkPositive(capacity.storage, 'spec.capacity[storage]', errors)
  checkText(errors, 'spec.storageClassName', spec.storageClassName, dnsSubdomain)
  const sources = sourcesOf(spec)
  if (sources.length === 0) errors.required('spec', 'must specify a volume type')
  for (const extra of sources.slice(1)) {
    errors.forbidden(`spec.${extra}`, 'may not specify more than 1 volume type')
  }
  validateVolumeSource(spec, errors)
  if (spec.nodeAffinity?.required) {
    const field = 'spec.nodeAffinity.required.nodeSelectorTerms'
    validateNodeSelectorTerms(spec.nodeAffinity.required.nodeSelectorTerms, field, errors)
  }
  if (!old) return
  for (const name of sourcesOf(old.spec)) {
    if (equalJson(sourceIn(spec, name), sourceIn(old.spec, name))) continue
    errors.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')
  }
  checkImmutable(errors, 'spec.volumeMode', spec.volumeMode, old.spec.volumeMode)
}

const sourcesOf = (spec: VolumeSpec) => Object.keys(spec).filter(key => !SETTINGS.includes(key))
const sourceIn = (spec: VolumeSpec, name: string) => (spec as Record<string, unknown>)[name]

function validateVolumeSource(
  { hostPath, local, nfs, csi, nodeAffinity, persistentVolumeReclaimPolicy }: VolumeSpec,
  errors: FieldErrors,
): void {
  if (hostPath) {
    requireText(errors, 'spec.hostPath.path', hostPath.path, withoutParent)
    if (hostPath.path === '/' && persistentVolumeReclaimPolicy === 'Recycle') {
      errors.forbidden(
        'spec.persistentVolumeReclaimPolicy',
        "may not be 'recycle' for a hostPath mount of '/'",
      )
    }
  }
  if (local) {
    requireText(errors, 'spec.local.path', local.path, withoutParent)
    if (!nodeAffinity?.required) errors.required('spec.nodeAffinity', 'Local volume requires node affinity')
  }
  if (nfs) {
    requireText(errors, 'spec.nfs.server', nfs.server)
    requireText(errors, 'spec.nfs.path', nfs.path)
  }
  if (csi) {
    requireText(errors, 'spec.csi.driver', csi.driver)
    requireText(errors, 'spec.csi.volumeHandle', csi.volumeHandle)
  }
}

function withoutParent(path: string): string | undefined {
  return path.split('/').includes('..') ? "must not contain '..'" : undefined
}

function validateModes(modes: readonly string[], field: string, errors: FieldErrors): void {
  if (modes.length === 0) errors.required(field, 'at least 1 access mode is required')
  modes.forEach((mode, index) => {
    if (!MODES.includes(mode)) errors.notSupported(`${field}[${index}]`, mode, MODES)
  })
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    errors.forbidden(field, 'may not use ReadWriteOncePod with other access modes')
  }
}

function checkPositive(quantity: string | number, field: string, errors: FieldErrors): void {
  const amount = isQuantity(quantity) ? parseMilli(quantity) : undefined
  if (amount !== undefined && amount <= 0n) {
    errors.invalid(field, String(quantity), 'must be greater than zero')
  }
}
