import type { ObjectMeta } from '../types.ts'
import { checkText } from './field-checks.ts'
import type { FieldErrors } from './field-errors.ts'
import { labelValue, qualifiedName } from './text-rules.ts'

const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** Source: apimachinery pkg/apis/meta/v1/validation, ValidateLabels. */
export function validateLabels(
  labels: Record<string, string> | undefined,
  field: string,
  errors: FieldErrors,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const wrong = qualifiedName(key)
    if (wrong) errors.invalid(field, key, wrong)
    checkText(errors, field, value, labelValue)
  }
}

/** Source: apimachinery pkg/api/validation, ValidateAnnotations. Keys may have capitals in their prefix. */
export function validateAnnotations(
  annotations: Record<string, string> | undefined,
  field: string,
  errors: FieldErrors,
): void {
  let bytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const wrong = qualifiedName(key.toLowerCase())
    if (wrong) errors.invalid(field, key, wrong)
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.tooLong(field, MAX_ANNOTATIONS_BYTES)
}

/** The metadata of a pod template: what of it goes onto the pods. */
export function validateTemplateMetadata(
  metadata: Partial<Pick<ObjectMeta, 'labels' | 'annotations'>> | undefined,
  field: string,
  errors: FieldErrors,
): void {
  validateLabels(metadata?.labels, `${field}.labels`, errors)
  validateAnnotations(metadata?.annotations, `${field}.annotations`, errors)
}
