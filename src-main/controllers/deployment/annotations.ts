import { ROLLOUT_ANNOTATIONS } from '../../api/rollout-requests.ts'
import type { Deployment, KubeObject, ReplicaSet } from '../../api/types.ts'
import { equalJson } from '../../lib/json.ts'
import type { Bounds } from './bounds.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'

/** What stays the Deployment's own or the ReplicaSet's own. */
const NOT_COPIED: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ...ROLLOUT_ANNOTATIONS,
]
const MAX_HISTORY_LENGTH = 2000

type Annotations = Record<string, string>

/** The revision of a ReplicaSet or Deployment; 0 when it has none. */
export function revisionOf({ metadata }: KubeObject): number {
  return numberIn(metadata, REVISION) ?? 0
}

/** Whether the set had an earlier revision: a rollback uses it again. */
export function isReused({ metadata }: ReplicaSet): boolean {
  return metadata.annotations?.[REVISION_HISTORY] !== undefined
}

/** The number of replicas that the Deployment asked for when this set was last scaled. */
export function desiredReplicasOf({ metadata }: ReplicaSet): number | undefined {
  return numberIn(metadata, DESIRED_REPLICAS)
}

/** replicas + maxSurge of the Deployment when this set was last scaled. */
export function maxReplicasOf({ metadata }: ReplicaSet): number | undefined {
  return numberIn(metadata, MAX_REPLICAS)
}

function numberIn({ annotations }: KubeObject['metadata'], key: string): number | undefined {
  const value = Number.parseInt(annotations?.[key] ?? '', 10)
  return Number.isNaN(value) ? undefined : value
}

export function withSize(annotations: Annotations | undefined, { replicas, maxTotal }: Bounds): Annotations {
  return { ...annotations, [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(maxTotal) }
}

/**
 * The annotations of the set that has the Deployment's current template: its own, over them the Deployment's (such as
 * `kubernetes.io/change-cause`), and `revision`. A set that is used again, by a rollback, moves to the new revision
 * number, keeps its former ones in its revision history, and its requests are counted anew.
 */
export function annotationsOfNewSet(
  deployment: Deployment,
  before: Annotations | undefined,
  revision: number,
): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.includes(key),
  )
  const annotations = { ...before, ...Object.fromEntries(copied) }
  const former = before?.[REVISION]
  if (former !== undefined && Number.parseInt(former, 10) >= revision) return annotations
  for (const name of ROLLOUT_ANNOTATIONS) delete annotations[name]
  annotations[REVISION] = String(revision)
  if (former !== undefined) annotations[REVISION_HISTORY] = withRevision(before?.[REVISION_HISTORY], former)
  return annotations
}

export function sameAnnotations(a: Annotations | undefined, b: Annotations): boolean {
  return equalJson(a ?? {}, b)
}

function withRevision(history: string | undefined, revision: string): string {
  const list = [...(history ?? '').split(',').filter(Boolean), revision]
  while (list.join(',').length > MAX_HISTORY_LENGTH) list.shift()
  return list.join(',')
}
