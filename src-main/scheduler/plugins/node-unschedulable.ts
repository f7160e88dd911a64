import type { Taint } from '../../api/types.ts'
import type { FilterPlugin } from '../framework.ts'
import { isTolerated } from '../../api/tolerations.ts'

const TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Keeps pods off cordoned nodes, unless they tolerate the taint that says the same. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  retryAfter: ['NodeChanged'],
  filter: ({ pod }, { node }) =>
    node.spec.unschedulable && !isTolerated(pod.spec.tolerations, TAINT)
      ? 'node(s) were unschedulable'
      : undefined,
}
