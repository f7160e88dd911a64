import { StatusError } from '../../../lib/errors.ts'
import type { Pod, PodSpec, Toleration } from '../../types.ts'
import type { Lookup } from '../kind.ts'
import { PriorityClassKind } from '../priority-class.ts'

/** Kubernetes waits 300 s; a small team's few servers are better off with a quick move. */
const TOLERATION_SECONDS = 5
const NODE_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

/**
 * What Kubernetes' admission plug-ins add to a new pod: its service account, and how long it stays on a server that
 * is gone. Source: plugin/pkg/admission/{serviceaccount,defaulttolerationseconds}.
 */
export function admitPod(spec: PodSpec): void {
  spec.serviceAccountName ||= 'default'
  spec.serviceAccount = spec.serviceAccountName
  admitTolerations(spec)
}

/** Also on an update: who applies a pod again names only the tolerations of its own. */
export function admitTolerations(spec: PodSpec): void {
  for (const key of NODE_TAINTS) {
    if (spec.tolerations?.some(toleration => tolerates(toleration, key))) continue
    spec.tolerations ??= []
    spec.tolerations.push({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: TOLERATION_SECONDS,
    })
  }
}

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (!key || key === taint) && (!effect || effect === 'NoExecute')
}

/**
 * Resolves the name of a PriorityClass to its number, which is what the scheduler goes by.
 * Source: kubernetes plugin/pkg/admission/priority.
 * @throws StatusError Forbidden when there is no such class, or the pod asks for another number than the class has
 */
export function admitPriority({ metadata, spec }: Pod, lookup: Lookup): void {
  const forbid = (why: string) =>
    new StatusError('Forbidden', `pods "${metadata.name}" is forbidden: ${why}`, {
      details: { name: metadata.name, kind: 'pods' },
    })
  const name = spec.priorityClassName
  const found = name
    ? lookup.get(PriorityClassKind, name)
    : lookup.list(PriorityClassKind).find(({ globalDefault }) => globalDefault)
  if (name && !found) throw forbid(`no PriorityClass with name ${name} was found`)
  // Without any class a number of the pod's own counts; Kubernetes would refuse it
  if (!found) return
  if (name && spec.priority !== undefined && spec.priority !== (found.value ?? 0)) {
    throw forbid(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${found.value ?? 0} from the given PriorityClass name`,
    )
  }
  spec.priorityClassName = found.metadata.name
  spec.priority = found.value ?? 0
  spec.preemptionPolicy ??= found.preemptionPolicy ?? 'PreemptLowerPriority'
}
