import type { Deployment, ReplicaSet } from '../../src-main/api/types.ts'
import { TEMPLATE_HASH } from '../data/ownership.ts'
import { LAST_APPLIED } from './apply.ts'
import { equal } from './three-way-merge.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const CHANGE_CAUSE = 'kubernetes.io/change-cause'

/** Annotations that belong to the Deployment of today and not to one of its revisions. */
const OWN_ANNOTATIONS = new Set([
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
])

export interface Revision {
  number: number
  set: ReplicaSet
  /** Whether the Deployment's template is this one now. */
  current: boolean
  cause: string | undefined
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
    .map(set => ({
      number: Number(set.metadata.annotations?.[REVISION] ?? 0),
      set,
      current: set.metadata.annotations?.[REVISION] === now,
      cause: set.metadata.annotations?.[CHANGE_CAUSE],
    }))
    .filter(revision => revision.number > 0)
    .sort((a, b) => b.number - a.number)
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
