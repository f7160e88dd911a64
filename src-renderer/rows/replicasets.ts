import type { Pod, ReplicaSet } from '../../src-main/api/types.ts'
import { nameKey } from '../data/object-cache.ts'
import { controllerOf } from '../data/ownership.ts'
import { REVISION } from '../api/rollback.ts'
import { images, working } from './deployments.ts'
import { worstPod } from './pods.ts'
import { age, statusCell, text, type RowContext, type RowKind, type Status } from './row-kind.ts'

/** What it is doing; as with a Deployment, the worst of its pods speaks for it. */
export function replicaSetStatus(set: ReplicaSet, context: RowContext): Status {
  const wanted = set.spec.replicas ?? 1
  const { readyReplicas = 0, replicas = 0 } = set.status ?? {}
  const failure = set.status?.conditions?.find(c => c.type === 'ReplicaFailure' && c.status === 'True')
  if (failure) {
    return {
      state: 'wrong',
      text: failure.reason ?? 'Failed',
      reason: failure.message ?? 'Its pods could not be created.',
      next: 'Correct what the message names in the Deployment.',
    }
  }
  const trouble = worstPod(context.collection<Pod>('pods').cache.group('owner', set.metadata.uid))
  if (trouble?.state === 'wrong') return trouble
  if (wanted === 0 && replicas === 0) return { state: 'off', text: 'Old revision' }
  if (readyReplicas === wanted && replicas === wanted) return { state: 'ok', text: 'Ready' }
  return {
    ...working(trouble),
    text: replicas > wanted ? 'Scaling down' : `${wanted - readyReplicas} not ready`,
  }
}

function replicaSetKeyOf(pod: Pod): string | undefined {
  const owner = controllerOf(pod)
  return owner?.kind === 'ReplicaSet' ? nameKey({ ...pod.metadata, name: owner.name }) : undefined
}

export const replicaSetRows: RowKind<ReplicaSet> = {
  resource: 'replicasets',
  title: 'ReplicaSets',
  about: 'A ReplicaSet is one revision of a Deployment: it holds the pods that were made from one template.',
  empty: 'No replica sets. Each Deployment makes one for every revision of its pod template.',
  columns: [
    { id: 'name', title: 'Name', width: 'minmax(160px, 2fr)' },
    { id: 'namespace', minor: true, title: 'Namespace', width: 'minmax(90px, 1fr)' },
    { id: 'status', title: 'Status', width: 'minmax(150px, 2.4fr)' },
    { id: 'ready', title: 'Ready', width: '64px', hint: 'Pods that are ready, of those wanted.' },
    { id: 'owner', minor: true, title: 'Deployment', width: 'minmax(110px, 1.2fr)' },
    { id: 'revision', minor: true, title: 'Revision', width: '76px' },
    { id: 'image', minor: true, title: 'Image', width: 'minmax(140px, 2fr)' },
    { id: 'age', minor: true, title: 'Age', width: '72px', align: 'right' },
  ],
  related: { pods: (pod: Pod) => replicaSetKeyOf(pod) },
  status: replicaSetStatus,
  cells(set, context) {
    const ready = set.status?.readyReplicas ?? 0
    const revision = set.metadata.annotations?.[REVISION]
    return {
      name: text(set.metadata.name),
      namespace: text(set.metadata.namespace),
      status: statusCell(replicaSetStatus(set, context)),
      ready: { ...text(`${ready}/${set.spec.replicas ?? 1}`), sort: ready },
      owner: text(controllerOf(set)?.name),
      revision: { ...text(revision && `v${revision}`), sort: Number(revision ?? 0) },
      image: text(images(set.spec.template), { mono: true }),
      age: age(set.metadata.creationTimestamp),
    }
  },
  actions: () => [
    { id: 'edit', label: 'Edit YAML' },
    { id: 'delete', label: 'Delete…', danger: true },
  ],
}
