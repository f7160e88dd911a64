import type { StatusCause } from '../../lib/errors.ts'
import type { Kind } from '../kinds/kind.ts'
import { schemaOf } from '../schema.ts'
import type { KubeObject } from '../types.ts'
import { FieldErrors } from './field-errors.ts'
import { checkSchema } from './schema-check.ts'
import { dropUnknownMembers } from './unknown-members.ts'

export interface Structure {
  /** Paths of fields that the kind does not have, such as `spec.replicass`; as many as Kubernetes' decoder names. */
  unknown: string[]
  /** Missing, mistyped and unsupported values; the first thousand. */
  causes: StatusCause[]
  /** Removes all unknown fields from the object, in place. */
  dropUnknown(): void
}

/**
 * Checks an object against its kind's schema and finds every error at once. First drops what is null and thereby absent,
 * in place.
 * @param old the object as it was, where the schema may have changed since: what is wrong with it already is let be, and
 * fields that it has of an earlier schema are dropped
 */
export function validateStructure(kind: Kind, object: KubeObject, old?: KubeObject): Structure {
  dropAbsent(kind, object)
  const schema = schemaOf(kind)
  const unknown: string[] = []
  const errors = new FieldErrors()
  const leftovers: string[] = []
  checkSchema(schema, object, { goTypes: !kind.custom, errors, unknown, old, leftovers })
  if (leftovers.length > 0) dropUnknownMembers(schema, object)
  return { unknown, causes: errors.causes, dropUnknown: () => dropUnknownMembers(schema, object) }
}

/** Removes what is null and thereby absent, in place: in Kubernetes' own kinds that is every null. */
export function dropAbsent(kind: Kind, object: KubeObject): void {
  if (!kind.dropNulls) {
    dropNulls(object)
    return
  }
  dropNulls(object.metadata)
  kind.dropNulls(object)
}

/** Removes null members of objects and null elements of arrays, in place. */
export function dropNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value) && value.includes(null)) {
    let kept = 0
    for (const item of value as unknown[]) if (item !== null) value[kept++] = item
    value.length = kept
  }
  if (Array.isArray(value)) {
    value.forEach(dropNulls)
    return
  }
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    const member = object[key]
    if (member === null || member === undefined) delete object[key]
    else if (typeof member === 'object') dropNulls(member)
  }
}
