import { isQuantity, parseMilli } from '../../lib/quantity.ts'
import { equalJson } from '../../lib/json.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../types.ts'
import { checkImmutable, checkUnique, requireText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabelSelector } from './selectors.ts'
import { dnsSubdomain, qualifiedName, type TextRule } from './text-rules.ts'

const MAX_PARAMETERS = 512
const MAX_PARAMETERS_BYTES = 256 * 1024
const MAX_NODE_ID_BYTES = 192

const driverName: TextRule = text => {
  if (text.length > 63) return 'must be no more than 63 bytes'
  return /^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/.test(text)
    ? undefined
    : "a driver name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateStorageClass. */
export function validateStorageClass(storage: StorageClass, errors: FieldErrors, old?: StorageClass): void {
  requireText(errors, 'provisioner', storage.provisioner, text => qualifiedName(text.toLowerCase()))
  validateParameters(storage.parameters, errors)
  storage.allowedTopologies?.forEach(({ matchLabelExpressions }, index) =>
    matchLabelExpressions?.forEach(({ key, values }, position) => {
      const field = `allowedTopologies[${index}].matchLabelExpressions[${position}]`
      requireText(errors, `${field}.key`, key, qualifiedName)
      if (!values?.length) errors.required(`${field}.values`)
    }),
  )
  if (!old) return
  if (!equalJson(storage.parameters ?? {}, old.parameters ?? {})) {
    errors.forbidden('parameters', 'updates to parameters are forbidden.')
  }
  if (storage.provisioner !== old.provisioner) {
    errors.forbidden('provisioner', 'updates to provisioner are forbidden.')
  }
  if (storage.reclaimPolicy !== old.reclaimPolicy) {
    errors.forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')
  }
  checkImmutable(errors, 'volumeBindingMode', storage.volumeBindingMode, old.volumeBindingMode)
}

function validateParameters(given: Record<string, string> | undefined, errors: FieldErrors): void {
  const parameters = Object.entries(given ?? {})
  if (parameters.length > MAX_PARAMETERS) errors.tooLong('parameters', MAX_PARAMETERS)
  const bytes = parameters.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  if (bytes > MAX_PARAMETERS_BYTES) errors.tooLong('parameters', MAX_PARAMETERS_BYTES)
  if (parameters.some(([key]) => key === '')) errors.invalid('parameters', '', 'field can not be empty.')
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateVolumeAttributesClass. */
export function validateVolumeAttributesClass(
  { driverName: driver, parameters }: VolumeAttributesClass,
  errors: FieldErrors,
  old?: VolumeAttributesClass,
): void {
  requireText(errors, 'driverName', driver, driverName)
  if (Object.keys(parameters ?? {}).length === 0) {
    errors.required('parameters', 'must contain at least one key/value pair')
  }
  validateParameters(parameters, errors)
  if (!old) return
  if (driver !== old.driverName) errors.forbidden('driverName', 'updates to driverName are forbidden.')
  if (!equalJson(parameters, old.parameters)) {
    errors.forbidden('parameters', 'updates to parameters are forbidden.')
  }
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateCSIStorageCapacity. */
export function validateCsiStorageCapacity(
  object: CSIStorageCapacity,
  errors: FieldErrors,
  old?: CSIStorageCapacity,
): void {
  requireText(errors, 'storageClassName', object.storageClassName, dnsSubdomain)
  if (object.nodeTopology) validateLabelSelector(object.nodeTopology, 'nodeTopology', errors)
  for (const name of ['capacity', 'maximumVolumeSize'] as const) {
    const amount = object[name]
    if (!isQuantity(amount) || (parseMilli(amount) ?? 0n) >= 0n) continue
    errors.invalid(name, String(amount), 'must be greater than or equal to 0')
  }
  if (!old) return
  checkImmutable(errors, 'nodeTopology', object.nodeTopology, old.nodeTopology)
  checkImmutable(errors, 'storageClassName', object.storageClassName, old.storageClassName)
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateVolumeAttachment. */
export function validateVolumeAttachment(
  { spec }: VolumeAttachment,
  errors: FieldErrors,
  old?: VolumeAttachment,
): void {
  requireText(errors, 'spec.attacher', spec.attacher, driverName)
  requireText(errors, 'spec.nodeName', spec.nodeName)
  const { persistentVolumeName, inlineVolumeSpec } = spec.source ?? {}
  if (!persistentVolumeName && !inlineVolumeSpec) {
    errors.required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
  } else if (persistentVolumeName && inlineVolumeSpec) {
    errors.invalid(
      'spec.source',
      spec.source,
      'must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    )
  }
  if (old) checkImmutable(errors, 'spec', spec, old.spec)
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateCSIDriver. */
export function validateCsiDriver({ metadata, spec }: CSIDriver, errors: FieldErrors, old?: CSIDriver): void {
  const wrong = metadata.name ? driverName(metadata.name) : undefined
  if (wrong && !old) errors.invalid('metadata.name', metadata.name, wrong)
  const modes = ['Persistent', 'Ephemeral']
  spec.volumeLifecycleModes?.forEach(mode => {
    if (!modes.includes(mode)) errors.notSupported('spec.volumeLifecycleModes', mode, modes)
  })
  const policies = ['None', 'File', 'ReadWriteOnceWithFSType']
  if (spec.fsGroupPolicy && !policies.includes(spec.fsGroupPolicy)) {
    errors.notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, policies)
  }
  spec.tokenRequests?.forEach(({ expirationSeconds }, index) => {
    if (expirationSeconds === undefined || expirationSeconds >= 600) return
    const field = `spec.tokenRequests[${index}].expirationSeconds`
    errors.invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes')
  })
  if (!old) return
  checkImmutable(errors, 'spec.attachRequired', spec.attachRequired, old.spec.attachRequired)
  checkImmutable(
    errors,
    'spec.volumeLifecycleModes',
    spec.volumeLifecycleModes,
    old.spec.volumeLifecycleModes,
  )
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateCSINode. */
export function validateCsiNode({ spec }: CSINode, errors: FieldErrors): void {
  const drivers = spec.drivers ?? []
  drivers.forEach(({ name, nodeID, topologyKeys }, index) => {
    const field = `spec.drivers[${index}]`
    requireText(errors, `${field}.name`, name, driverName)
    if (!nodeID) errors.required(`${field}.nodeID`)
    else if (nodeID.length > MAX_NODE_ID_BYTES) {
      errors.invalid(`${field}.nodeID`, nodeID, `must be ${MAX_NODE_ID_BYTES} characters or less`)
    }
    topologyKeys?.forEach(key => {
      const wrong = qualifiedName(key)
      if (wrong) errors.invalid(`${field}.topologyKeys`, key, wrong)
    })
  })
  checkUnique(
    errors,
    drivers,
    ({ name }) => name,
    index => `spec.drivers[${index}].name`,
  )
}
