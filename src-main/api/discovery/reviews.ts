import { isJsonObject } from '../../lib/json.ts'

/** A resource that can only be asked, by POST: nothing of it is stored. */
export interface ReviewResource {
  group: string
  version: string
  kind: string
  plural: string
  namespaced: boolean
  /**
   * The answer. There is one user, the administrator, who may do everything; of others nothing is known.
   * @param spec of the review
   * @param token with which the request itself came, if it came with one
   */
  status(spec: Record<string, unknown>, token: string | undefined): object
}

const ADMIN = { username: 'coxswain:admin', groups: ['system:masters', 'system:authenticated'] }
const allowed = () => ({ allowed: true, reason: 'the token of this control plane may do everything' })
const everything = () => ({
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
})

function allowedTo({ user, groups }: Record<string, unknown>): object {
  const isAdmin = user === ADMIN.username || (Array.isArray(groups) && groups.includes('system:masters'))
  if (isAdmin) return allowed()
  return { allowed: false, reason: `there is no user ${JSON.stringify(user ?? '')}: only ${ADMIN.username}` }
}

function tokenStatus(spec: Record<string, unknown>, token: string | undefined): object {
  if (token !== undefined && spec.token === token) return { authenticated: true, user: ADMIN }
  return { authenticated: false, error: 'the token is not the one with which this request came' }
}

const access = (
  kind: string,
  plural: string,
  status: ReviewResource['status'],
  namespaced = false,
): ReviewResource => ({ group: 'authorization.k8s.io', version: 'v1', kind, plural, namespaced, status })
const authentication = (kind: string, plural: string, status: ReviewResource['status']): ReviewResource => ({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
  status,
})

export const reviews: readonly ReviewResource[] = [
  access('SelfSubjectAccessReview', 'selfsubjectaccessreviews', allowed),
  access('SelfSubjectRulesReview', 'selfsubjectrulesreviews', everything),
  access('SubjectAccessReview', 'subjectaccessreviews', allowedTo),
  access('LocalSubjectAccessReview', 'localsubjectaccessreviews', allowedTo, true),
  authentication('SelfSubjectReview', 'selfsubjectreviews', () => ({ userInfo: ADMIN })),
  authentication('TokenReview', 'tokenreviews', tokenStatus),
]

/** The answer to one review. */
export function statusOf(review: ReviewResource, spec: unknown, token: string | undefined): object {
  return review.status(isJsonObject(spec) ? spec : {}, token)
}
