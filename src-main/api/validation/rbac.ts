import { equalJson } from '../../lib/json.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../types.ts'
import type { FieldErrors } from './field-errors.ts'
import { validateLabelSelector } from './selectors.ts'
import { dnsSubdomain } from './text-rules.ts'

type Rule = NonNullable<Role['rules']>[number]
type Subject = NonNullable<RoleBinding['subjects']>[number]

const GROUP = 'rbac.authorization.k8s.io'

/** Source: kubernetes pkg/apis/rbac/validation, ValidateRole and ValidateClusterRole. */
export function validateRole(role: Role | ClusterRole, errors: FieldErrors): void {
  const isNamespaced = role.kind === 'Role'
  role.rules?.forEach((rule, index) => validateRule(rule, `rules[${index}]`, { isNamespaced, errors }))
  if (!('aggregationRule' in role) || !role.aggregationRule) return
  const selectors = role.aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.required(
      'aggregationRule.clusterRoleSelectors',
      'at least one clusterRoleSelector required if aggregationRule is non-nil',
    )
  }
  selectors.forEach((selector, index) =>
    validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`, errors),
  )
}

function validateRule(
  { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] }: Rule,
  field: string,
  { isNamespaced, errors }: { isNamespaced: boolean; errors: FieldErrors },
): void {
  if (verbs.length === 0) errors.required(`${field}.verbs`, 'verbs must contain at least one value')
  if (nonResourceURLs.length > 0) {
    if (isNamespaced) {
      errors.invalid(
        `${field}.nonResourceURLs`,
        nonResourceURLs,
        'namespaced rules cannot apply to non-resource URLs',
      )
    }
    if (apiGroups.length > 0 || resources.length > 0) {
      errors.invalid(
        `${field}.nonResourceURLs`,
        nonResourceURLs,
        'rules cannot apply to both regular resources and non-resource URLs',
      )
    }
    return
  }
  if (apiGroups.length === 0)
    errors.required(`${field}.apiGroups`, 'resource rules must supply at least one api group')
  if (resources.length === 0)
    errors.required(`${field}.resources`, 'resource rules must supply at least one resource')
}

/** Source: kubernetes pkg/apis/rbac/validation, ValidateRoleBinding and ValidateClusterRoleBinding. */
export function validateBinding(
  binding: RoleBinding | ClusterRoleBinding,
  errors: FieldErrors,
  old?: RoleBinding | ClusterRoleBinding,
): void {
  const { roleRef, subjects } = binding
  const kinds = binding.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (roleRef) {
    if (roleRef.apiGroup !== GROUP) errors.notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [GROUP])
    if (!kinds.includes(roleRef.kind)) errors.notSupported('roleRef.kind', roleRef.kind ?? '', kinds)
    if (!roleRef.name) errors.required('roleRef.name')
  }
  subjects?.forEach((subject, index) => validateSubject(subject, `subjects[${index}]`, errors))
  if (old && !equalJson(roleRef, old.roleRef)) errors.invalid('roleRef', roleRef, 'cannot change roleRef')
}

function validateSubject(
  { kind, name, namespace, apiGroup = '' }: Subject,
  field: string,
  errors: FieldErrors,
): void {
  if (!name) errors.required(`${field}.name`)
  if (kind === 'ServiceAccount') {
    const wrong = name ? dnsSubdomain(name) : undefined
    if (wrong) errors.invalid(`${field}.name`, name, wrong)
    if (apiGroup) errors.notSupported(`${field}.apiGroup`, apiGroup, [''])
    if (!namespace) errors.required(`${field}.namespace`)
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.notSupported(`${field}.apiGroup`, apiGroup, [GROUP])
  } else errors.notSupported(`${field}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group'])
}
