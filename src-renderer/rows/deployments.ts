import type { Deployment, Pod } from '../../src-main/api/types.ts'
import { REVISION } from '../api/rollback.ts'
import { deploymentKeyOfPod } from '../data/ownership.ts'
import { nameKey } from '../data/object-cache.ts'
import { worstPod } from './pods.ts'
import { age, statusCell, text, type RowContext, type RowKind, type Status } from './row-kind.ts'

export function images(template: { spec?: { containers?: { image?: string }[] } } | undefined): string {
  return (template?.spec?.containers ?? []).map(container => container.image ?? '').join(', ')
}

export function podsOf(deployment: Deployment, context: RowContext): Pod[] {
  return [...context.collection<Pod>('pods').cache.group('deployment', nameKey(deployment.metadata))]
}

/** What the deployment is doing, and what it waits for: the worst of its pods speaks for it. */
export function deploymentStatus(deployment: Deployment, context: RowContext): Status {
  const wanted = deployment.spec.replicas ?? 1
  const {
    updatedReplicas = 0,
    readyReplicas = 0,
    replicas = 0,
    observedGeneration = 0,
  } = deployment.status ?? {}
  if (deployment.metadata.deletionTimestamp) return { state: 'working', text: 'Terminating' }
  const trouble = worstPod(podsOf(deployment, context))
  if (trouble?.state === 'wrong') return trouble
  const failed = deployment.status?.conditions?.find(
    c => (c.type === 'Progressing' || c.type === 'ReplicaFailure') && isFailure(c),
  )
  if (failed) {
    return {
      state: 'wrong',
      text: failed.reason ?? 'Failed',
      reason: failed.message ?? 'The rollout does not progress.',
      next: 'Look at its pods and events, or roll back to a revision that worked.',
    }
  }
  if (observedGeneration < (deployment.metadata.generation ?? 0))
    return { state: 'working', text: 'Updating' }
  if (wanted === 0 && replicas === 0) return { state: 'off', text: 'Scaled to 0' }
  if (deployment.spec.paused) return { state: 'off', text: 'Paused' }
  if (updatedReplicas < wanted || replicas > updatedReplicas) {
    return { ...working(trouble), text: `Updating ${updatedReplicas} of ${wanted}` }
  }
  if (readyReplicas < wanted) return { ...working(trouble), text: `${wanted - readyReplicas} not ready` }
  return { state: 'ok', text: 'Ready' }
}

function isFailure(condition: { type: string; status: string }): boolean {
  return condition.type === 'Progressing' ? condition.status === 'False' : condition.status === 'True'
}

/** What is being worked on, for the reason of the pod that speaks for it; the text is the caller's. */
export function working(trouble: Status | undefined): Status {
  const reason = trouble && [trouble.text, trouble.reason].filter(Boolean).join(': ')
  return { state: 'working', text: '', ...(reason && { reason }) }
}

export const deploymentRows: RowKind<Deployment> = {
  resource: 'deployments',
  title: 'Deployments',
  about:
    'A Deployment keeps the wanted number of equal pods running and replaces them step by step on a change.',
  empty: 'No deployments. Apply a manifest with one: the editor begins with an example.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(130px, 1.6fr)' },
    { id: 'namespace', minor: true, title: 'Namespace', width: 'minmax(90px, 1fr)' },
    { id: 'status', title: 'Status', width: 'minmax(180px, 2.6fr)' },
    { id: 'ready', title: 'Ready', width: '64px', hint: 'Pods that are ready, of those wanted.' },
    {
      id: 'revision',
      title: 'Revision',
      width: '76px',
      hint: 'Counts every change of the pod template; each can be rolled back to.',
    },
    { id: 'image', minor: true, title: 'Image', width: 'minmax(140px, 2fr)' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  related: { pods: (pod: Pod) => deploymentKeyOfPod(pod) },
  status: deploymentStatus,
  cells(deployment, context) {
    const ready = deployment.status?.readyReplicas ?? 0
    const revision = deployment.metadata.annotations?.[REVISION]
    return {
      name: text(deployment.metadata.name),
      namespace: text(deployment.metadata.namespace),
      status: statusCell(deploymentStatus(deployment, context)),
      ready: { ...text(`${ready}/${deployment.spec.replicas ?? 1}`), sort: ready },
      revision: { ...text(revision && `v${revision}`), sort: Number(revision ?? 0) },
      image: text(images(deployment.spec.template), { mono: true }),
      age: age(deployment.metadata.creationTimestamp),
    }
  },
  actions: () => [
    { id: 'logs', label: 'Logs of all pods' },
    { id: 'edit', label: 'Edit YAML' },
    { id: 'scale', label: 'Scale…' },
    { id: 'restart', label: 'Restart…' },
    { id: 'delete', label: 'Delete…', danger: true },
  ],
}
