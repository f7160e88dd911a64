import { tolerates } from '../../api/tolerations.ts'
import type { Pod, Taint, Toleration } from '../../api/types.ts'
import { controllerOf } from '../runtime/ownership.ts'
import { HEALTH_TAINTS } from './taints.ts'

/** On a StatefulSet's pod: it may be replaced although nobody can say that it does not run any more. */
const FAILOVER = 'coxswain.io/failover'

/**
 * When a pod has to leave a node with these NoExecute taints, in ms since the epoch: at once for a taint that it
 * does not tolerate, after the shortest `tolerationSeconds` for one that it does.
 * @returns undefined when it may stay
 */
export function evictionTime(pod: Pod, taints: readonly Taint[]): number | undefined {
  const deadlines = taints
    .filter(taint => taint.effect === 'NoExecute' && !waitsForPerson(pod, taint))
    .map(taint => Date.parse(taint.timeAdded ?? '') + toleratedMs(pod.spec.tolerations, taint))
    .filter(deadline => deadline !== Infinity)
  return deadlines.length > 0 ? Math.min(...deadlines) : undefined
}

/**
 * Two pods of one name must never run, and while a server cannot be asked nobody knows whether its pod still runs:
 * a StatefulSet's pods stay until a person deletes them or has said beforehand that they may be replaced.
 */
function waitsForPerson(pod: Pod, taint: Taint): boolean {
  return HEALTH_TAINTS.includes(taint.key) && isStateful(pod) && !mayFailOver(pod)
}

export function isStateful(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'StatefulSet'
}

function mayFailOver({ metadata }: Pod): boolean {
  return metadata.annotations?.[FAILOVER] === 'true'
}

function toleratedMs(tolerations: readonly Toleration[] | undefined, taint: Taint): number {
  const matching = (tolerations ?? []).filter(toleration => tolerates(toleration, taint))
  if (matching.length === 0) return 0
  const seconds = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? [])
  return seconds.length === 0 ? Infinity : Math.max(0, Math.min(...seconds)) * 1000
}
