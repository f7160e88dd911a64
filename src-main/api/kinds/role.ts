import type { ClusterRole, Role } from '../types.ts'
import { validateRole } from '../validation/rbac.ts'
import { storedOnly } from './honoured.ts'
import type { Kind } from './kind.ts'
import { createdAtColumn, nameColumn } from './printing/columns.ts'

export const RoleKind: Kind<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  subresources: [],
  schema: 'io.k8s.api.rbac.v1.Role',
  nameRule: 'path-segment',
  validate: validateRole,
  notHonoured: () => storedOnly('roles.rbac.authorization.k8s.io'),
  columns: [nameColumn, createdAtColumn],
}

export const ClusterRoleKind: Kind<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  subresources: [],
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  nameRule: 'path-segment',
  validate: validateRole,
  notHonoured: () => storedOnly('clusterroles.rbac.authorization.k8s.io'),
  columns: [nameColumn, createdAtColumn],
}
