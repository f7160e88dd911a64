import type { Plugins } from '../framework.ts'
import { balancedAllocation } from './balanced-allocation.ts'
import { fit } from './fit.ts'
import { imageLocality } from './image-locality.ts'
import { leastAllocated } from './least-allocated.ts'
import { nodeAffinity, preferredAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { ownerSpread } from './owner-spread.ts'
import { preferredTaints, taintToleration } from './taint-toleration.ts'

/** Every filter and score, in the order in which they are asked. The first filter that refuses a node speaks for it. */
export const defaultPlugins: Plugins = {
  filters: [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, fit],
  scores: [
    preferredTaints,
    preferredAffinity,
    ownerSpread,
    leastAllocated,
    balancedAllocation,
    imageLocality,
  ],
}
