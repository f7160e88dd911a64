import { DeploymentKind } from '../../api/kinds/deployment.ts'
import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { Deployment, NewObject, ReplicaSet } from '../../api/types.ts'
import { errorMessage, isStatusError } from '../../lib/errors.ts'
import type { ControllerOptions } from '../runtime/controller.ts'
import { controllerOf, controllerReference } from '../runtime/ownership.ts'
import { annotationsOfNewSet, REVISION, revisionOf, sameAnnotations, withSize } from './annotations.ts'
import { boundsOf, isRolling } from './bounds.ts'
import { type NewCondition, progressing, REASON } from './conditions.ts'
import { currentReplicas } from './rolling.ts'
import type { Sets } from './replica-sets.ts'
import { sameTemplate, TEMPLATE_HASH, templateHash } from './template-hash.ts'

export interface CurrentSet {
  set: ReplicaSet
  /** What to tell of it in the Progressing condition. */
  note?: NewCondition
}

/** Another object has the name that the template's hash gives; the next round tries another hash. */
class HashCollision extends Error {
  constructor(name: string) {
    super(`ReplicaSet "${name}" exists with another template; a different hash is tried`)
    this.name = 'HashCollision'
  }
}

/**
 * Brings the revision, annotations and minReadySeconds of the set with the current template up to date. A set that
 * was an old one until now (a rollback) gets the newest revision number.
 */
export async function refreshCurrentSet(
  { client }: ControllerOptions,
  deployment: Deployment,
  { current, old }: Sets,
): Promise<CurrentSet | undefined> {
  if (!current) return undefined
  const revision = Math.max(0, ...old.map(revisionOf)) + 1
  const annotations = annotationsOfNewSet(deployment, current.metadata.annotations, revision)
  const minReadySeconds = deployment.spec.minReadySeconds
  const isFresh =
    sameAnnotations(current.metadata.annotations, annotations) &&
    current.spec.minReadySeconds === minReadySeconds
  const set = isFresh
    ? current
    : await client.modify(ReplicaSetKind, current.metadata, draft => {
        draft.metadata.annotations = annotationsOfNewSet(deployment, draft.metadata.annotations, revision)
        draft.spec.minReadySeconds = minReadySeconds
      })
  if (!set) return undefined
  await recordRevision({ client }, deployment, set)
  const isTold = deployment.status?.conditions?.some(({ type }) => type === 'Progressing')
  const isReused = revisionOf(set) > revisionOf(current)
  if (isTold && !isReused) return { set }
  return { set, note: progressing('True', REASON.found, `Found new replica set "${set.metadata.name}"`) }
}

/**
 * Creates the set for the Deployment's template, at the size that the first step of the rollout allows.
 * Creating is repeatable: when an earlier attempt got as far as the set itself, that one is found by its name.
 */
export async function createCurrentSet(
  options: ControllerOptions,
  deployment: Deployment,
  sets: Sets,
): Promise<CurrentSet> {
  const { client, events } = options
  const wanted = newSet(deployment, sets)
  const set = await client.create(ReplicaSetKind, wanted).catch(async (error: unknown) => {
    if (!isStatusError(error, 'AlreadyExists')) throw error
    const { name = '', namespace } = wanted.metadata
    const existing = client.get(ReplicaSetKind, name, namespace)
    const isOurs = existing && controllerOf(existing)?.uid === deployment.metadata.uid
    if (isOurs && sameTemplate(existing.spec.template, deployment.spec.template)) return existing
    await countCollision(options, deployment)
    throw new HashCollision(name)
  })
  const replicas = set.spec.replicas ?? 0
  if (replicas > 0) {
    const message = `Scaled up replica set ${set.metadata.name} to ${replicas}`
    events.event(deployment, 'Normal', 'ScalingReplicaSet', message)
  }
  await recordRevision(options, deployment, set)
  return { set, note: progressing('True', REASON.created, `Created new replica set "${set.metadata.name}"`) }
}

/** What to say when the set could not be created. */
export function createFailure(error: unknown): NewCondition {
  return progressing('False', REASON.createFailed, `Failed to create new replica set: ${errorMessage(error)}`)
}

export function isCollision(error: unknown): boolean {
  return error instanceof HashCollision
}

function newSet(deployment: Deployment, sets: Sets): NewObject<ReplicaSet> {
  const { metadata, spec, status } = deployment
  const bounds = boundsOf(deployment)
  const hash = templateHash(spec.template, status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH]: hash }
  const { matchLabels } = spec.selector
  const revision = Math.max(0, ...sets.old.map(revisionOf)) + 1
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations: withSize(annotationsOfNewSet(deployment, undefined, revision), bounds),
      ownerReferences: [controllerReference(DeploymentKind, deployment)],
    },
    spec: {
      replicas: isRolling(spec) ? currentReplicas(sets, bounds) : bounds.replicas,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}

async function recordRevision(
  { client }: Pick<ControllerOptions, 'client'>,
  deployment: Deployment,
  set: ReplicaSet,
): Promise<void> {
  const revision = set.metadata.annotations?.[REVISION]
  if (revision === undefined || deployment.metadata.annotations?.[REVISION] === revision) return
  await client.modify(DeploymentKind, deployment.metadata, draft => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [REVISION]: revision }
  })
}

async function countCollision({ client }: ControllerOptions, deployment: Deployment): Promise<void> {
  const next = (deployment.status?.collisionCount ?? 0) + 1
  await client.modifyStatus(DeploymentKind, deployment.metadata, draft => {
    draft.status = { ...draft.status, collisionCount: next }
  })
}
