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
  for (const key of Object.keys(annotations ?? {})) {
    const wrong = qualifiedName(key.toLowerCase())
    if (wrong) errors.invalid(field, key, wrong)
  }
  if (areTooLong(annotations)) errors.tooLong(field, MAX_ANNOTATIONS_BYTES)
}

/** Whether annotations are longer together than any object may have. */
export function areTooLong(annotations: Record<string, string> | undefined): boolean {
  const lengths = Object.entries(annotations ?? {}).map(
    ([key, value]) => Buffer.byteLength(key) + Buffer.byteLength(value),
  )
  return lengths.reduce((sum, length) => sum + length, 0) > MAX_ANNOTATIONS_BYTES
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
