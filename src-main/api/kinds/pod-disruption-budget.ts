import type { PodDisruptionBudget } from '../types.ts'
import { validateDisruptionBudget } from '../validation/disruption.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'
import { aliasOf } from './versions.ts'

export const PodDisruptionBudgetKind: Kind<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  namespaced: true,
  shortNames: ['pdb'],
  subresources: ['status'],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  validate: validateDisruptionBudget,
  notHonoured: () => storedOnly('poddisruptionbudgets.policy'),
  columns: [
    nameColumn,
    {
      name: 'Min Available',
      type: 'string',
      description: 'The fewest pods that stay available.',
      cell: ({ spec }) => String(spec.minAvailable ?? 'N/A'),
    },
    {
      name: 'Max Unavailable',
      type: 'string',
      description: 'The most pods that may be unavailable.',
      cell: ({ spec }) => String(spec.maxUnavailable ?? 'N/A'),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'How many pods may be evicted now.',
      cell: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
}

/** kubectl up to 1.24 asks for it under this version. */
export const PodDisruptionBudgetV1beta1Kind = aliasOf(PodDisruptionBudgetKind, {
  version: 'v1beta1',
  schema: 'io.k8s.api.policy.v1beta1.PodDisruptionBudget',
})
