import type { Lease } from '../types.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const LeaseKind: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.coordination.v1.Lease',
  // Source: kubernetes pkg/apis/coordination/validation, ValidateLeaseSpec
  validate: ({ spec }, errors) => {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec
    if (duration !== undefined && duration <= 0) {
      errors.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')
    }
    if (transitions !== undefined && transitions < 0) {
      errors.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')
    }
  },
  columns: [
    nameColumn,
    {
      name: 'Holder',
      type: 'string',
      description: 'Who holds it.',
      cell: ({ spec }) => spec.holderIdentity ?? '',
    },
    ageColumn,
  ],
}
