import type { Taint } from '../../api/types.ts'
import type { FilterPlugin, ScorePlugin } from '../framework.ts'
import { isTolerated } from '../../api/tolerations.ts'

/** Keeps pods off nodes with a NoSchedule or NoExecute taint that they do not tolerate. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  retryAfter: ['NodeChanged'],
  filter({ pod }, { node }) {
    const taint = node.spec.taints?.find(
      ({ effect, ...rest }) =>
        effect !== 'PreferNoSchedule' && !isTolerated(pod.spec.tolerations, { effect, ...rest }),
    )
    return taint && `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  },
}

/** Prefers nodes with few PreferNoSchedule taints that the pod does not tolerate. */
export const preferredTaints: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  normalize: 'inverse-max',
  prepare({ pod }) {
    const avoided = (taint: Taint) =>
      taint.effect === 'PreferNoSchedule' && !isTolerated(pod.spec.tolerations, taint)
    return ({ node }) => (node.spec.taints ?? []).filter(avoided).length
  },
}
