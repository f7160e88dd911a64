import { StatusError } from '../../lib/errors.ts'
import type { PriorityClass } from '../types.ts'
import { checkImmutable } from '../validation/field-checks.ts'
import type { Kind, Lookup } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

const HIGHEST = 1_000_000_000

/** The classes that are there from the start, above all that users may make. */
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

/** Source: kubernetes plugin/pkg/admission/priority, validatePriorityClass. */
function prepareForCreate({ metadata, globalDefault }: PriorityClass, lookup: Lookup): void {
  if (!globalDefault) return
  const other = lookup.list(PriorityClassKind).find(known => known.globalDefault)
  if (!other) return
  const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`
  throw new StatusError(
    'Forbidden',
    `priorityclasses.scheduling.k8s.io "${metadata.name}" is forbidden: ${why}`,
  )
}

export const PriorityClassKind: Kind<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  namespaced: false,
  shortNames: ['pc'],
  subresources: [],
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  defaults: draft => {
    draft.value ??= 0
    draft.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  prepareForCreate,
  validate: ({ metadata, value = 0, preemptionPolicy }, errors, old) => {
    const { name } = metadata
    if (name?.startsWith('system-')) {
      if (systemPriorities[name] !== value) {
        const detail = "priority class names with 'system-' prefix are reserved for system use only"
        errors.forbidden('metadata.name', `${detail}. error: ${name} is not a known system priority class`)
      }
    } else if (value > HIGHEST) {
      errors.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST}`)
    }
    if (!old) return
    if (value !== old.value) errors.forbidden('value', 'may not be changed in an update.')
    checkImmutable(errors, 'preemptionPolicy', preemptionPolicy, old.preemptionPolicy)
  },
  columns: [
    nameColumn,
    {
      name: 'Value',
      type: 'integer',
      description: 'The priority of pods of this class.',
      cell: ({ value }) => value ?? 0,
    },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods without a class are of this one.',
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    {
      name: 'PreemptionPolicy',
      type: 'string',
      description: 'Whether pods of this class make others leave.',
      cell: ({ preemptionPolicy }) => preemptionPolicy ?? '',
    },
  ],
}
