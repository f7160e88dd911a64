import type { ClusterRoleBinding, RoleBinding } from '../types.ts'
import { validateBinding } from '../validation/rbac.ts'
import { storedOnly } from './honoured.ts'
import type { Column, Kind } from './kind.ts'
import { ageColumn, nameColumn } from './printing/columns.ts'

type Binding = RoleBinding | ClusterRoleBinding

const GROUP = 'rbac.authorization.k8s.io'

/** Source: kubernetes pkg/apis/rbac/v1/defaults.go. */
function defaults(draft: Binding): void {
  if (draft.roleRef) draft.roleRef.apiGroup ||= GROUP
  for (const subject of draft.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP
  }
}

function subjectsColumn(name: string, kind: string): Column<Binding> {
  return {
    name,
    type: 'string',
    description: `${name} that are bound.`,
    priority: 1,
    cell: ({ subjects }) =>
      (subjects ?? [])
        .filter(subject => subject.kind === kind)
        .map(subject => (kind === 'ServiceAccount' ? `${subject.namespace}/${subject.name}` : subject.name))
        .join(', '),
  }
}

const columns: Column<Binding>[] = [
  nameColumn,
  {
    name: 'Role',
    type: 'string',
    description: 'The role that is bound.',
    cell: ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`,
  },
  ageColumn,
  subjectsColumn('Users', 'User'),
  subjectsColumn('Groups', 'Group'),
  subjectsColumn('ServiceAccounts', 'ServiceAccount'),
]

export const RoleBindingKind: Kind<RoleBinding> = {
  group: GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  nameRule: 'path-segment',
  defaults,
  validate: validateBinding,
  notHonoured: () => storedOnly('rolebindings.rbac.authorization.k8s.io'),
  columns,
}

export const ClusterRoleBindingKind: Kind<ClusterRoleBinding> = {
  group: GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  nameRule: 'path-segment',
  defaults,
  validate: validateBinding,
  notHonoured: () => storedOnly('clusterrolebindings.rbac.authorization.k8s.io'),
  columns,
}
