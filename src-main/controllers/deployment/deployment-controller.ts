import { keyOf, parseKey } from '../../api/client.ts'
import { DeploymentKind } from '../../api/kinds/deployment.ts'
import { PodKind } from '../../api/kinds/pod.ts'
import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { Deployment, Pod, ReplicaSet } from '../../api/types.ts'
import { matchesSelector, requirementsOf } from '../../lib/labels.ts'
import { conditionOf } from '../runtime/conditions.ts'
import {
  changesOf,
  type Controller,
  type ControllerOptions,
  createReconciler,
} from '../runtime/controller.ts'
import { claimDependents, controllerOf } from '../runtime/ownership.ts'
import type { Outcome } from '../runtime/work-queue.ts'
import { boundsOf, isRolling } from './bounds.ts'
import { type NewCondition, progressing, REASON } from './conditions.ts'
import { createCurrentSet, createFailure, isCollision, refreshCurrentSet } from './current-set.ts'
import { deleteExpiredSets } from './history.ts'
import { mayRun, planCurrentUp, planOldDown } from './recreate.ts'
import { allOf, type Sets, setsOf } from './replica-sets.ts'
import { applyResizes } from './resize.ts'
import { planRolling } from './rolling.ts'
import { isScalingEvent, planScaling } from './scaling.ts'
import { isComplete, progressDeadlineInMs, statusOf } from './status.ts'

/** What a round did, for the status to tell. */
interface Round {
  note?: NewCondition
  judgeProgress: boolean
  error?: unknown
}

/**
 * Moves each Deployment's pods from old templates to the current one, through a ReplicaSet per template.
 * Source: kubernetes pkg/controller/deployment/deployment_controller.go.
 */
export function createDeploymentController(options: ControllerOptions): Controller {
  const { client, events } = options

  const reconcile = async (key: string): Promise<Outcome> => {
    const { name, namespace } = parseKey(key)
    const deployment = client.get(DeploymentKind, name, namespace)
    if (!deployment) return
    if (requirementsOf(deployment.spec.selector).length === 0) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.'
      events.event(deployment, 'Warning', 'SelectingAll', message)
      return
    }
    await claimSets(options, deployment)
    const round = await advance(options, deployment)
    return finish(options, deployment, round)
  }

  return createReconciler({
    ...options,
    name: 'deployment',
    sources: [
      changesOf(DeploymentKind, deployment => [keyOf(deployment)]),
      changesOf(ReplicaSetKind, set => deploymentsOf(options, set)),
      // Recreate waits for the last old pod to be gone.
      changesOf(
        PodKind,
        pod => recreatingDeploymentsOf(options, pod),
        ({ type, object }) => type === 'DELETED' || !mayRun(object),
      ),
    ],
    objectOf: key => {
      const { name, namespace } = parseKey(key)
      return client.get(DeploymentKind, name, namespace)
    },
    reconcile,
  })
}

/** The Deployments that a set concerns: the one that manages it, or all that could adopt it. */
function deploymentsOf({ client }: ControllerOptions, { metadata }: ReplicaSet): string[] {
  const { namespace, labels } = metadata
  const owner = metadata.ownerReferences?.find(reference => reference.controller)
  if (owner)
    return owner.kind === DeploymentKind.kind ? [keyOf({ metadata: { name: owner.name, namespace } })] : []
  return client
    .list(DeploymentKind, { namespace })
    .filter(deployment => matchesSelector(deployment.spec.selector, labels))
    .map(keyOf)
}

function recreatingDeploymentsOf(options: ControllerOptions, pod: Pod): string[] {
  const { client } = options
  const owner = controllerOf(pod)
  const set = owner && client.get(ReplicaSetKind, owner.name, pod.metadata.namespace)
  return (set ? deploymentsOf(options, set) : []).filter(key => {
    const { name, namespace } = parseKey(key)
    const deployment = client.get(DeploymentKind, name, namespace)
    return deployment && !isRolling(deployment.spec)
  })
}

function claimSets({ client }: ControllerOptions, deployment: Deployment): Promise<ReplicaSet[]> {
  return claimDependents({
    client,
    kind: ReplicaSetKind,
    owner: deployment,
    ownerKind: DeploymentKind,
    selector: deployment.spec.selector,
  })
}

/** One step of the rollout, or of following a new size. */
async function advance(options: ControllerOptions, deployment: Deployment): Promise<Round> {
  const { spec, metadata } = deployment
  if (metadata.deletionTimestamp) return { judgeProgress: false }
  const bounds = boundsOf(deployment)
  const sets = setsOf(options.client, deployment)
  const paused = spec.paused === true
  if (paused || (isRolling(spec) && isScalingEvent(sets, bounds))) {
    await refreshCurrentSet(options, deployment, sets)
    await applyResizes(
      options,
      deployment,
      planScaling(deployment, setsOf(options.client, deployment), bounds),
    )
    return { note: pauseNote(deployment), judgeProgress: false }
  }
  const round = isRolling(spec)
    ? await roll(options, deployment, sets)
    : await recreate(options, deployment, sets)
  return { ...round, note: round.note ?? pauseNote(deployment) }
}

async function roll(options: ControllerOptions, deployment: Deployment, sets: Sets): Promise<Round> {
  const round = await withCurrentSet(options, deployment, sets)
  const plan = planRolling(setsOf(options.client, deployment), boundsOf(deployment))
  if (!round.error) await applyResizes(options, deployment, plan)
  return round
}

async function recreate(options: ControllerOptions, deployment: Deployment, sets: Sets): Promise<Round> {
  const refreshed = await refreshCurrentSet(options, deployment, sets)
  const down = planOldDown(sets)
  await applyResizes(options, deployment, down)
  const oldPods = sets.old.flatMap(({ metadata }) => options.client.list(PodKind, { owner: metadata.uid }))
  if (down.length > 0 || oldPods.some(mayRun)) return { note: refreshed?.note, judgeProgress: true }
  const round = await withCurrentSet(options, deployment, sets)
  await applyResizes(
    options,
    deployment,
    planCurrentUp(setsOf(options.client, deployment), boundsOf(deployment)),
  )
  return round
}

/** Sees to it that there is a set with the current template. */
async function withCurrentSet(
  options: ControllerOptions,
  deployment: Deployment,
  sets: Sets,
): Promise<Round> {
  try {
    const { note } =
      (await refreshCurrentSet(options, deployment, sets)) ??
      (await createCurrentSet(options, deployment, sets))
    return { note, judgeProgress: true }
  } catch (error) {
    if (isCollision(error)) throw error
    const note = createFailure(error)
    options.events.event(deployment, 'Warning', REASON.createFailed, note.message ?? '')
    return { note, judgeProgress: false, error }
  }
}

/** A rollout that is paused makes no progress, and must not be blamed for it. */
function pauseNote({ spec, status }: Deployment): NewCondition | undefined {
  const reason = conditionOf(status?.conditions, 'Progressing')?.reason
  if (reason === REASON.timedOut) return undefined
  if (spec.paused) return progressing('Unknown', REASON.paused, 'Deployment is paused')
  return reason === REASON.paused
    ? progressing('Unknown', REASON.resumed, 'Deployment is resumed')
    : undefined
}

/** Writes the status, forgets old revisions once the rollout is complete, and says when to look again. */
async function finish(options: ControllerOptions, deployment: Deployment, round: Round): Promise<Outcome> {
  const { client, clock } = options
  const sets = setsOf(options.client, deployment)
  const facts = { sets, note: round.note, judgeProgress: round.judgeProgress, nowMs: clock.now() }
  const stored = await client.modifyStatus(DeploymentKind, deployment.metadata, draft => {
    draft.status = statusOf({ ...deployment, status: draft.status }, facts)
  })
  if (round.error) throw round.error
  if (!stored?.status || deployment.metadata.deletionTimestamp) return
  if (deployment.spec.paused || isComplete(deployment, stored.status)) {
    await deleteExpiredSets(options, deployment, sets.old)
  }
  const againAfterMs = progressDeadlineInMs(deployment, stored.status, clock.now())
  return againAfterMs !== undefined && round.judgeProgress && allOf(sets).length > 0
    ? { againAfterMs: Math.max(1000, againAfterMs) }
    : undefined
}
