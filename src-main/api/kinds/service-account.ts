import type { ServiceAccount } from '../types.ts'
import { validateReferences } from '../validation/volumes.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

export const ServiceAccountKind: Kind<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  shortNames: ['sa'],
  subresources: ['token'],
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  validate: ({ imagePullSecrets }, errors) => {
    validateReferences(imagePullSecrets, 'imagePullSecrets', errors)
  },
  columns: [
    nameColumn,
    {
      name: 'Secrets',
      type: 'string',
      description: 'Number of secrets that belong to the account.',
      cell: account => account.secrets?.length ?? 0,
    },
    ageColumn,
  ],
}
