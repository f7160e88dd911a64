import type { Namespace } from '../types.ts'
import { checkText } from '../validation/field-checks.ts'
import { qualifiedName } from '../validation/text-rules.ts'
import type { Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

/** Where Coxswain keeps its own Secrets, such as a Server's keys. */
export const SYSTEM_NAMESPACE = 'coxswain-system'

/** Kubernetes' own, and ours. Source: apiserver pkg/admission/plugin/namespace/lifecycle, immortalNamespaces. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public', SYSTEM_NAMESPACE])

/** Keeps a namespace until everything in it is gone. */
const FINALIZER = 'kubernetes'

export const NamespaceKind: Kind<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  shortNames: ['ns'],
  subresources: ['status', 'finalize'],
  schema: 'io.k8s.api.core.v1.Namespace',
  nameRule: 'dns-label',
  defaults: draft => {
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name }
  },
  prepareForCreate: draft => {
    draft.spec = { ...draft.spec, finalizers: [FINALIZER] }
    draft.status = { phase: 'Active' }
  },
  // spec.finalizers change only through the finalize subresource
  prepareForUpdate: (draft, old) => {
    draft.spec = { ...draft.spec, finalizers: [...(old.spec?.finalizers ?? [])] }
  },
  validate: ({ spec }, errors) => {
    spec?.finalizers?.forEach((finalizer, index) =>
      checkText(errors, `spec.finalizers[${index}]`, finalizer, qualifiedName),
    )
  },
  refuseDeletion: ({ metadata }) =>
    IMMORTAL.has(metadata.name) ? 'this namespace may not be deleted' : undefined,
  deletedOneByOne: true,
  fieldSelectors: { 'status.phase': namespace => namespace.status?.phase ?? '' },
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      description: 'The status of the namespace',
      cell: namespace => namespace.status?.phase ?? '',
    },
    ageColumn,
  ],
}
