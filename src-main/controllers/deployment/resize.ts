import { ReplicaSetKind } from '../../api/kinds/replica-set.ts'
import type { Deployment } from '../../api/types.ts'
import { equalJson } from '../../lib/json.ts'
import type { ControllerOptions } from '../runtime/controller.ts'
import { withSize } from './annotations.ts'
import { boundsOf } from './bounds.ts'
import { replicasOf, type Resize } from './replica-sets.ts'

/** Writes the decided sizes, each with the Deployment's size that it was decided for. */
export async function applyResizes(
  { client, events }: ControllerOptions,
  deployment: Deployment,
  resizes: readonly Resize[],
): Promise<void> {
  const bounds = boundsOf(deployment)
  for (const { set, replicas } of resizes) {
    const before = replicasOf(set)
    const { annotations, name } = set.metadata
    if (replicas === before && equalJson(annotations, withSize(annotations, bounds))) continue
    await client.modify(ReplicaSetKind, set.metadata, draft => {
      draft.spec.replicas = replicas
      draft.metadata.annotations = withSize(draft.metadata.annotations, bounds)
    })
    if (replicas === before) continue
    const direction = replicas > before ? 'up' : 'down'
    const message = `Scaled ${direction} replica set ${name} to ${replicas} from ${before}`
    events.event(deployment, 'Normal', 'ScalingReplicaSet', message)
  }
}
