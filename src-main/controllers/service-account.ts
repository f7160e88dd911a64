import { NamespaceKind } from '../api/kinds/namespace.ts'
import { ServiceAccountKind } from '../api/kinds/service-account.ts'
import { isStatusError } from '../lib/errors.ts'
import { changesOf, type Controller, type ControllerOptions, createReconciler } from './runtime/controller.ts'

const NAME = 'default'

/**
 * Sees to it that each namespace has the service account that pods use when they name none.
 * Source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go.
 */
export function createServiceAccountController(options: ControllerOptions): Controller {
  const { client } = options
  return createReconciler({
    ...options,
    name: 'service-account',
    sources: [
      changesOf(
        NamespaceKind,
        ({ metadata }) => [metadata.name],
        ({ type }) => type === 'ADDED',
      ),
      changesOf(
        ServiceAccountKind,
        ({ metadata }) => (metadata.name === NAME && metadata.namespace ? [metadata.namespace] : []),
        ({ type }) => type === 'DELETED',
      ),
    ],
    objectOf: name => client.get(NamespaceKind, name),
    async reconcile(namespace) {
      const found = client.get(NamespaceKind, namespace)
      if (!found || found.metadata.deletionTimestamp) return
      if (client.get(ServiceAccountKind, NAME, namespace)) return
      try {
        await client.create(ServiceAccountKind, { metadata: { name: NAME, namespace } })
      } catch (error) {
        // It is there by now, or its namespace is about to go
        if (!isStatusError(error, 'AlreadyExists') && !isStatusError(error, 'Forbidden')) throw error
      }
    },
  })
}
