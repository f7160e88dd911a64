import { invalid, type StatusCause } from '../../lib/errors.ts'
import { portions } from '../../lib/turn.ts'
import type { Kind } from '../kinds/kind.ts'
import { FieldErrors } from '../validation/field-errors.ts'
import type { Draft, RequestOptions } from './request.ts'

/** What is told beside other errors: rules are about objects that are right otherwise. */
export const RULES_NOT_CHECKED: StatusCause = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

/**
 * Holds a draft that is valid otherwise against the rules of its definition, those of the version that the caller writes
 * in. A rule is bounded work; between two of them others may have their turn.
 * @throws StatusError Invalid
 */
export async function holdToRules(
  kind: Kind,
  draft: Draft,
  { old, options }: { old?: Draft; options: RequestOptions },
): Promise<void> {
  const { rules, storedAs } = options.version ?? kind
  if (!rules) return
  const form = (object: Draft) => (storedAs ? storedAs.fromStored(object) : object)
  const errors = new FieldErrors()
  const pause = portions()
  for (const _ of rules(form(draft), errors, { old: old && form(old), warn: options.warn })) await pause()
  const { causes } = errors
  const name = draft.metadata.name || draft.metadata.generateName || ''
  if (causes.length > 0) {
    throw invalid({ group: kind.group, resource: kind.plural, kind: kind.kind }, name, causes)
  }
}
