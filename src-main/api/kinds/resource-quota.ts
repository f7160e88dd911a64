import type { ResourceQuota } from '../types.ts'
import { validateResourceQuota } from '../validation/resource-quota.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

/** `cpu: 1/4, pods: 3/10`, of the limits or of all else. */
function usageText({ spec, status }: ResourceQuota, limits: boolean): string {
  return Object.entries(status?.hard ?? spec.hard ?? {})
    .filter(([name]) => name.startsWith('limits.') === limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, most]) => `${name}: ${status?.used?.[name] ?? 0}/${most}`)
    .join(', ')
}

export const ResourceQuotaKind: Kind<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  namespaced: true,
  shortNames: ['quota'],
  subresources: ['status'],
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  validate: validateResourceQuota,
  notHonoured: () => storedOnly('resourcequotas'),
  columns: [
    nameColumn,
    {
      name: 'Request',
      type: 'string',
      description: 'What is asked for, of what may be.',
      cell: quota => usageText(quota, false),
    },
    {
      name: 'Limit',
      type: 'string',
      description: 'What the limits add up to, of what they may.',
      cell: quota => usageText(quota, true),
    },
    ageColumn,
  ],
}
