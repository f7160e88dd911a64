import type { Deployment, ReplicaSet } from '../../src-main/api/types.ts'
import { TEMPLATE_HASH } from '../data/ownership.ts'
import { LAST_APPLIED } from './apply.ts'
import { equal } from './three-way-merge.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const CHANGE_CAUSE = 'kubernetes.io/change-cause'

/** Written by the main process: src-main/api/rollout-requests.ts. */
const FAILED_REQUESTS = 'coxswain.io/rollout-failed-requests'
const UNCOUNTED = 'coxswain.io/rollout-uncounted-servers'

/** Annotations that belong to the Deployment of today and not to one of its revisions. */
const OWN_ANNOTATIONS = new Set([
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
  FAILED_REQUESTS,
  UNCOUNTED,
  'coxswain.io/rollout-started',
  'coxswain.io/rollout-finished',
])

export interface Revision {
  number: number
  set: ReplicaSet
  /** Whether the Deployment's template is this one now. */
  current: boolean
  cause: string | undefined
  /** Requests that failed at the ingress while it was rolled out; undefined where no Ingress leads to its pods. */
  failedRequests: number | undefined
  /** Servers whose failed requests may be missing in that. */
  uncounted: string | undefined
}

export function templateOf(set: ReplicaSet): Record<string, unknown> {
  const { metadata = {}, ...template } = (set.spec.template ?? {}) as { metadata?: { labels?: object } }
  const labels: Record<string, unknown> = { ...metadata.labels }
  delete labels[TEMPLATE_HASH]
  return { metadata: { ...metadata, labels }, ...template }
}

/** A Deployment's revisions, newest first. */
export function revisionsOf(deployment: Deployment, sets: Iterable<ReplicaSet>): Revision[] {
  const now = deployment.metadata.annotations?.[REVISION]
  return [...sets]
    .map(set => {
      const { annotations = {} } = set.metadata
      const failed = annotations[FAILED_REQUESTS]
      return {
        number: Number(annotations[REVISION] ?? 0),
        set,
        current: annotations[REVISION] === now,
        cause: annotations[CHANGE_CAUSE],
        failedRequests: failed === undefined ? undefined : Number(failed),
        uncounted: annotations[UNCOUNTED],
      }
    })
    .filter(revision => revision.number > 0)
    .sort((a, b) => b.number - a.number)
}

/** What the ingress saw of a rollout, in words. */
export function requestsText({ failedRequests, uncounted }: Revision): string | undefined {
  if (failedRequests === undefined) return undefined
  const count = failedRequests > 1 ? `${failedRequests} requests` : `${failedRequests || 'No'} request`
  const missing = uncounted && `; not counted on ${uncounted.replaceAll(',', ', ')}`
  return `${count} failed during the rollout${missing ?? ''}`
}

export interface JsonPatchOperation {
  op: 'replace'
  path: string
  value: unknown
}

/**
 * The JSON patch that `kubectl rollout undo` sends: the revision's template without the template hash, and its
 * annotations beside the Deployment's own. Undefined when the Deployment has that template already.
 * Source: k8s.io/kubectl/pkg/polymorphichelpers/rollback.go.
 */
export function rollbackPatch(deployment: Deployment, to: ReplicaSet): JsonPatchOperation[] | undefined {
  const template = templateOf(to)
  if (equal(template, deployment.spec.template)) return undefined
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) =>
    OWN_ANNOTATIONS.has(name),
  )
  const theirs = Object.entries(to.metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.has(name))
  return [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: Object.fromEntries([...own, ...theirs]) },
  ]
}
