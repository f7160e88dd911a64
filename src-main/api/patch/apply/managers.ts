import { StatusError } from '../../../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../../../lib/json.ts'
import type { ManagedFieldsEntry } from '../../types.ts'
import { difference, FieldSet, intersection, pathText, union } from './field-set.ts'

/** One that sets fields of an object, and which. */
export interface Manager {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  subresource?: string
  time?: string
  fields: FieldSet
}

/** Kubernetes' bound on Update entries: the oldest are then counted together. */
const MAX_UPDATES = 10
const ANCIENT = 'ancient-changes'

/**
 * Reads `metadata.managedFields`; entries that are of no form that is known are left out.
 * @param read how their `fieldsV1` are read: as they are stored, or as a client may have written them
 */
export function readManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
  read: (fields: JsonObject) => FieldSet = FieldSet.fromStored,
): Manager[] {
  const managers: Manager[] = []
  for (const { manager = '', operation, apiVersion = '', subresource, time, ...rest } of entries ?? []) {
    if ((operation !== 'Apply' && operation !== 'Update') || rest.fieldsType !== 'FieldsV1') continue
    if (!isJsonObject(rest.fieldsV1)) continue
    const fields = read(rest.fieldsV1)
    managers.push({
      manager,
      operation,
      apiVersion,
      ...(subresource ? { subresource } : {}),
      ...(time ? { time } : {}),
      fields,
    })
  }
  return managers
}

/** The form in `metadata.managedFields`: who applies first, then the others from old to new. */
export function writeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] {
  const order = ({ operation, time = '', manager }: Manager) => `${operation} ${time} ${manager}`
  return boundUpdates(managers.filter(({ fields }) => !fields.isEmpty))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time ? { time } : {}),
      fieldsType: 'FieldsV1',
      fieldsV1: fields.toJson(),
      ...(subresource ? { subresource } : {}),
    }))
}

function boundUpdates(managers: Manager[]): Manager[] {
  const updates = managers
    .filter(({ operation }) => operation === 'Update')
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
  const [oldest, ...others] = updates.slice(0, Math.max(0, updates.length - MAX_UPDATES + 1))
  if (!oldest || others.length === 0) return [...managers]
  const fields = others.reduce((all, other) => union(all, other.fields), oldest.fields)
  const gone = new Set([oldest, ...others])
  const time = others.at(-1)?.time
  return [
    ...managers.filter(manager => !gone.has(manager)),
    {
      manager: ANCIENT,
      operation: 'Update',
      apiVersion: oldest.apiVersion,
      fields,
      ...(time ? { time } : {}),
    },
  ]
}

/** The same writer, doing the same kind of write. Who applies stays the same whatever the version it applies in. */
export function isSame(a: Manager, b: Omit<Manager, 'fields'>): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion) &&
    (a.subresource ?? '') === (b.subresource ?? '')
  )
}

/** The managers without the paths that each of them is told; those that own nothing more are left out. */
export function without(managers: readonly Manager[], paths: (manager: Manager) => FieldSet): Manager[] {
  return managers
    .map(manager => ({ ...manager, fields: difference(manager.fields, paths(manager)) }))
    .filter(({ fields }) => !fields.isEmpty)
}

/**
 * The failure of an apply that would change what others own; undefined when it changes nothing of theirs.
 * @param changedFor what changes, in the words of the manager's version
 * Wording: kubernetes apimachinery pkg/util/managedfields/internal/conflict.go.
 */
export function conflictWith(
  others: readonly Manager[],
  changedFor: (manager: Manager) => FieldSet,
): StatusError | undefined {
  const conflicts = others.flatMap(other =>
    [...intersection(other.fields, changedFor(other)).paths()].map(path => ({
      who: describe(other),
      field: pathText(path),
    })),
  )
  const [first] = conflicts
  if (!first) return undefined
  const causes = conflicts.map(({ who, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field,
  }))
  return new StatusError('Conflict', conflictMessage(conflicts), { details: { causes } })
}

function conflictMessage(conflicts: { who: string; field: string }[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first) {
    return `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`
  }
  const whos = [...new Set(conflicts.map(({ who }) => who))].sort()
  const paragraphs = whos.map(who => {
    const fields = conflicts.filter(conflict => conflict.who === who).map(({ field }) => `- ${field}`)
    return `conflicts with ${who}:\n${fields.join('\n')}`
  })
  return `Apply failed with ${conflicts.length} conflicts: ${paragraphs.join('\n')}`
}

function describe({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const name =
    JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  if (operation === 'Apply') return name
  return `${name} using ${apiVersion}${time ? ` at ${time}` : ''}`
}
